package wurstchen.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureMetadata;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.Png;
import wurstchen.onnx.Device;
import wurstchen.onnx.OnnxWurstchen;

/** The job in one JVM. */
class GeneratePicturesTest {
    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void begin() {
        spark = Spark.session("local[2]");
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    private String write(Dataset<Row> prompts, String name) {
        String table = folder.resolve(name).toString();
        prompts.write().parquet(table);
        return table;
    }

    private Path out(String name) {
        return folder.resolve(name);
    }

    private Spark.Run run(String prompts, Path out, String... more) {
        return Spark.run(Stream.concat(Stream.of("--prompts", prompts, "--out", out.toString(), "--model", Spark.MODEL), Stream.of(more))
                .toArray(String[]::new));
    }

    @Test
    void table_givesTheSameBytes_howeverItIsSplit() {
        Dataset<Row> prompts = Spark.prompts(spark, 10);
        run(write(prompts.coalesce(1), "one"), out("of-one"), "--rows-per-task", "10");
        run(write(prompts.repartition(2), "two"), out("of-two"), "--rows-per-task", "3");
        run(write(prompts.repartition(5).orderBy("prompt"), "five"), out("of-five"), "--rows-per-task", "1", "--rows-per-commit", "4");

        Map<Integer, String> expected = Spark.pictures(spark, out("of-one"));
        assertThat(expected).hasSize(10);
        assertThat(Spark.pictures(spark, out("of-two"))).isEqualTo(expected);
        assertThat(Spark.pictures(spark, out("of-five"))).isEqualTo(expected);
    }

    @Test
    void batches_areTheSame_howeverTheTableIsSplit() {
        Dataset<Row> prompts = Spark.prompts(spark, 10);
        run(write(prompts.coalesce(1), "one"), out("of-one"), "--batch-size", "3", "--rows-per-task", "9");
        run(write(prompts.repartition(4), "four"), out("of-four"), "--batch-size", "3", "--rows-per-task", "9", "--rows-per-commit", "1");

        Map<Integer, String> expected = Spark.pictures(spark, out("of-one"));
        assertThat(expected).hasSize(10).anySatisfy((id, row) -> assertThat(row).contains("\\\"batch-size\\\":3"));
        assertThat(Spark.pictures(spark, out("of-four"))).isEqualTo(expected);
    }

    @Test
    void picture_isTheLibrarys_andSaysHowItWasMade() {
        run(write(Spark.prompts(spark, 2), "prompts"), out("pictures"));

        Row row = spark.read().parquet(out("pictures").toString()).filter("id = 1").first();
        Png png = Png.read(new ByteArrayInputStream(row.<byte[]>getAs("picture")));
        PictureMetadata metadata = PictureMetadata.fromText(png.text());
        PictureRequest request = PictureRequest.builder("a cat 1").seed(1).size(128, 128).stageCSteps(2).stageBSteps(1).build();
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(Path.of(Spark.MODEL)).device(Device.cpu(1)).open()) {
            assertThat(png.picture()).isEqualTo(wurstchen.generate(request).first().picture());
            assertThat(metadata.settings()).isEqualTo(request.settings(wurstchen.defaults()));
        }
        assertThat(metadata.origin().device()).isEmpty();
        assertThat(PictureMetadata.fromJson(row.getAs("picture_settings"))).isEqualTo(metadata);
        assertThat(row.<String>getAs("picture_sha256")).isEqualTo(png.picture().sha256());
        assertThat(row.<String>getAs("model_sha256")).isEqualTo(metadata.origin().modelSha256());
        assertThat(row.<Long>getAs("picture_seed")).isEqualTo(1);
        assertThat(row.<String>getAs("error")).isNull();
    }

    @Test
    void secondRun_makesTheMissingRowsOnly() throws Exception {
        String prompts = write(Spark.prompts(spark, 6), "prompts");
        assertThat(run(prompts, out("pictures"), "--rows-per-task", "2").out()).startsWith("6 pictures made, 0 rows with errors, 0 rows were there, ");
        Map<Integer, String> expected = Spark.pictures(spark, out("pictures"));
        assertThat(run(prompts, out("pictures")).out()).startsWith("0 pictures made, 0 rows with errors, 6 rows were there, ");

        try (Stream<Path> files = Files.list(out("pictures"))) {
            Files.delete(files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow());
        }
        assertThat(run(prompts, out("pictures"), "--rows-per-task", "2").out())
                .startsWith("2 pictures made, 0 rows with errors, 4 rows were there, ");
        assertThat(Spark.pictures(spark, out("pictures"))).isEqualTo(expected);

        String more = write(Spark.prompts(spark, 8), "more");
        assertThat(run(more, out("pictures")).out()).startsWith("2 pictures made, 0 rows with errors, 6 rows were there, ");
        assertThat(Spark.pictures(spark, out("pictures"))).hasSize(8).containsAllEntriesOf(expected);

        Spark.Run other = Spark.run("--prompts", prompts, "--out", out("pictures").toString(), "--model", Spark.MODEL + "-int8");
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.err().lines().toList()).last().asString().matches(
                "wurstchen: .*pictures has pictures of another model: expected [0-9a-f]{64}, found [0-9a-f]{64}; give another --out, or that model");
    }

    @Test
    void rowOfWhichNoPictureCanBeMade_hasAnError_orFailsTheJob() {
        List<Row> rows = List.of(
                RowFactory.create(0, "a", 1L, 128),
                RowFactory.create(1, "b", 1L, 100),
                RowFactory.create(2, "c", 1L, -1),
                RowFactory.create(3, "d", 1L, 128));
        String prompts = write(spark.createDataFrame(rows, Spark.PROMPTS), "prompts");

        assertThat(run(prompts, out("pictures"), "--batch-size", "2").out())
                .startsWith("2 pictures made, 2 rows with errors, 0 rows were there, ");
        List<Row> found = spark.read().parquet(out("pictures").toString()).orderBy("id").select("error", "picture_sha256").collectAsList();
        assertThat(found).extracting(row -> row.isNullAt(1)).containsExactly(false, true, true, false);
        assertThat(found.get(1).getString(0)).startsWith("width must be a multiple of ").contains("got 100");
        assertThat(found.get(2).getString(0)).isEqualTo("width must be at least 1, got -1");

        Spark.Run strict = run(prompts, out("strict"), "--strict");
        assertThat(strict.code()).isEqualTo(1);
        assertThat(strict.err()).contains("no picture can be made of the row {\"id\":").contains(
                "; correct the row, or leave out --strict to get an error in the row instead");
        assertThat(out("strict")).doesNotExist();
    }

    @Test
    void pngFiles_lieBesideAnIndex_andJsonHasBytes() throws Exception {
        String prompts = write(Spark.prompts(spark, 3), "prompts");
        run(prompts, out("table"));
        run(prompts, out("files"), "--format", "png");
        assertThat(run(prompts, out("files"), "--format", "png").out()).startsWith("0 pictures made");
        run(prompts, out("lines"), "--format", "json");
        assertThat(run(prompts, out("lines"), "--format", "json").out()).startsWith("0 pictures made");

        Row expected = spark.read().parquet(out("table").toString()).filter("id = 2").first();
        Row index = spark.read().json(out("files").resolve("index").toString()).filter("id = 2").first();
        assertThat(index.<String>getAs("file")).isEqualTo("pictures/" + expected.<String>getAs("row_id").substring(0, 2) + "/"
                + expected.getAs("row_id") + ".png");
        assertThat(Files.readAllBytes(out("files").resolve(index.<String>getAs("file")))).isEqualTo(expected.<byte[]>getAs("picture"));
        try (Stream<Path> files = Files.walk(out("files").resolve("pictures"))) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(3);
        }
        Row line = spark.read().json(out("lines").toString()).filter("id = 2").first();
        assertThat(Base64.getDecoder().decode(line.<String>getAs("picture"))).isEqualTo(expected.<byte[]>getAs("picture"));
    }

    @Test
    void generator_addsPicturesToATableOfAnotherJob() {
        Dataset<Row> pictures = PictureGenerator.builder()
                .model(ModelPlace.of(Spark.MODEL))
                .defaults(Map.of("stage-c-steps", "2", "stage-b-steps", "1", "height", "128"))
                .build()
                .generate(Spark.prompts(spark, 3).repartition(3));
        run(write(Spark.prompts(spark, 3), "prompts"), out("pictures"));

        assertThat(pictures.orderBy("id").select("picture").collectAsList().stream().map(row -> row.<byte[]>getAs(0)))
                .containsExactlyElementsOf(spark.read().parquet(out("pictures").toString()).orderBy("id").select("picture").collectAsList().stream()
                        .map(row -> row.<byte[]>getAs(0))
                        .toList());
    }

    @Test
    void wrongUsage_isNamed() {
        String prompts = write(spark.range(1).toDF("text"), "prompts");

        assertThat(run(prompts, out("pictures"))).satisfies(run -> {
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err())
                    .isEqualTo("wurstchen: the table of prompts has no column 'prompt', found text, row_id; rename the column that has the"
                            + " prompts\n");
        });
        assertThat(run(prompts, out("pictures"), "--device", "tpu")).satisfies(run -> {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err())
                    .startsWith("unknown device 'tpu': there are auto (the GPU that Spark gives to the task, else the CPU), cpu, cpu:THREADS,"
                            + " cuda and cuda:N\n");
        });
        Spark.Run missing = Spark.run("--prompts", write(Spark.prompts(spark, 1), "one"), "--out", out("pictures").toString(), "--model", "nowhere");
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err())
                .isEqualTo("wurstchen: no model 'nowhere' on this machine: expected a folder or zip file of that name, or a file that --files or"
                        + " --archives brought; copy it to every machine, or name it in --files\n");
    }
}
