package wurstchen.spark;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Spark for tests: small shuffles, no pages, few log lines, and the job as its command line runs it. */
final class Spark {
    /** Random weights, 42.67 px for each value of a latent; a picture takes a tenth of a second. */
    static final String MODEL = Path.of("../../wurstchen-onnx/src/test/resources/tiny-bundle").toAbsolutePath().normalize().toString();

    static final StructType PROMPTS = new StructType()
            .add("id", DataTypes.IntegerType)
            .add("prompt", DataTypes.StringType)
            .add("seed", DataTypes.LongType)
            .add("width", DataTypes.IntegerType);

    private Spark() {}

    static SparkSession session(String master) {
        SparkSession spark = SparkSession.builder()
                .master(master)
                .appName("test")
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.warehouse.dir", "target/warehouse")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.memory", "700m")
                .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -Dwurstchen.cache=" + System.getProperty("wurstchen.cache"))
                .getOrCreate();
        spark.sparkContext().setLogLevel("ERROR");
        return spark;
    }

    /** Rows of two widths, some without a seed. */
    static Dataset<Row> prompts(SparkSession spark, int rows) {
        List<Row> table = IntStream.range(0, rows)
                .mapToObj(i -> RowFactory.create(i, "a cat " + i, i % 3 == 0 ? null : Long.valueOf(i), i % 4 == 0 ? 256 : 128))
                .toList();
        return spark.createDataFrame(table, PROMPTS);
    }

    /** What a run of the job printed and returned. */
    record Run(int code, String out, String err) {}

    static Run run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] all = Stream.concat(Arrays.stream(arguments), Stream.of("--set", "stage-c-steps=2", "--set", "stage-b-steps=1", "--set", "height=128"))
                .toArray(String[]::new);
        int code = GeneratePictures.run(all, new PrintStream(out, true), new PrintStream(err, true));
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Everything in a table of pictures by the rows' own ids. */
    static TreeMap<Integer, String> pictures(SparkSession spark, Path table) {
        TreeMap<Integer, String> found = new TreeMap<>();
        for (Row row : spark.read().parquet(table.toString()).collectAsList()) {
            byte[] png = row.getAs("picture");
            String other = found.put(row.getAs("id"), row.json() + (png == null ? "" : Arrays.hashCode(png)));
            if (other != null) {
                throw new AssertionError("two rows of id " + row.getAs("id"));
            }
        }
        return found;
    }
}
