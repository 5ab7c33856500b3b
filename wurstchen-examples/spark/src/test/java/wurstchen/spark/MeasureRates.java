package wurstchen.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/**
 * Measures rows a second of the job with executors of one core each, beside a plain loop that makes the same pictures with one thread, with the
 * model in the box. Executors have opened the model before; the time is that of the whole job, from the table of prompts to the committed table of
 * pictures. Arguments: rows, a JSON file to write, numbers of executors. Needs a machine that does nothing else, with as many cores as executors.
 */
final class MeasureRates {
    private static final int WARM_UP = 2;

    private final int rows;
    private final Path folder;

    private MeasureRates(int rows, Path folder) {
        this.rows = rows;
        this.folder = folder;
    }

    public static void main(String[] arguments) throws IOException {
        int rows = Integer.parseInt(arguments[0]);
        MeasureRates measure = new MeasureRates(rows, Files.createTempDirectory("wurstchen-rates"));
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        List<String> lines = new ArrayList<>();
        double loop = measure.loop();
        for (String executors : List.of(arguments).subList(2, arguments.length)) {
            double rate = measure.job(Integer.parseInt(executors));
            lines.add(String.format(Locale.ROOT, "{\"executors\": %s, \"rows_per_second\": %.3f, \"of_loops\": %.3f}", executors, rate,
                    rate / loop / Integer.parseInt(executors)));
        }
        String json = String.format(
                Locale.ROOT,
                "{\"date\": \"%s\", \"processors\": %d, \"java\": \"%s\", \"rows\": %d, \"loop_rows_per_second\": %.3f, \"jobs\": [%s]}%n",
                LocalDate.now(ZoneOffset.UTC),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.version"),
                rows,
                loop,
                lines.stream().collect(Collectors.joining(", ")));
        Files.writeString(Path.of(arguments[1]), json);
        System.out.print(json);
    }

    private double loop() {
        try (ModelBundle bundle = ModelPlace.inTheBox().open();
                Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).device(Device.cpu(1)).open()) {
            long started = 0;
            int bytes = 0;
            for (int i = -WARM_UP; i < rows; i++) {
                if (i == 0) {
                    started = System.nanoTime();
                }
                bytes += wurstchen.generate(PictureRequest.builder("a cat " + i).seed(i).build()).first().toPng().length;
            }
            if (bytes == 0) {
                throw new IllegalStateException("no pictures");
            }
            return rate(started);
        }
    }

    private double rate(long started) {
        return rows / (Duration.ofNanos(System.nanoTime() - started).toNanos() / 1e9);
    }

    private double job(int executors) {
        SparkSession spark = Spark.session("local-cluster[" + executors + ",1,1024]");
        try {
            PictureGenerator generator = PictureGenerator.builder().defaults(Map.of()).build();
            Dataset<Row> prompts = Spark.prompts(spark, rows + executors * WARM_UP).drop("width");
            run(spark, generator, prompts.filter("id >= " + rows), "warm-" + executors, 1);
            long started = System.nanoTime();
            run(spark, generator, prompts.filter("id < " + rows), "job-" + executors, Math.max(1, rows / executors / 4));
            return rate(started);
        } finally {
            spark.stop();
        }
    }

    private void run(SparkSession spark, PictureGenerator generator, Dataset<Row> prompts, String out, int rowsPerTask) {
        PictureTable table = new PictureTable(folder.resolve(out).toString(), PictureTable.Format.PARQUET);
        try (Progress progress = new Progress(spark, System.err, Duration.ofSeconds(10))) {
            new PictureJob(spark, generator, table, rowsPerTask, rows).run(prompts, progress);
        }
    }
}
