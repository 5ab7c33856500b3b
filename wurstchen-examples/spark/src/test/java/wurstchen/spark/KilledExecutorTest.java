package wurstchen.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two executors, JVMs of their own with one core each. A test that hangs fails. */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KilledExecutorTest {
    private static final int ROWS = 16;

    @TempDir
    private Path folder;

    private static long executors() {
        return ProcessHandle.current().descendants().filter(KilledExecutorTest::isExecutor).count();
    }

    private static boolean isExecutor(ProcessHandle process) {
        // The arguments are longer than the system shows; Spark starts no other JVM.
        return process.info().command().orElse("").endsWith("/java");
    }

    @Test
    void killedExecutor_costsItsTask_andMakesNoDoubles() throws Exception {
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        SparkSession spark = Spark.session("local-cluster[2,1,1024]");
        try {
            Spark.prompts(spark, ROWS).write().parquet(folder.resolve("prompts").toString());
            assertThat(run("expected").code()).isZero();
            Map<Integer, String> expected = Spark.pictures(spark, folder.resolve("expected"));
            assertThat(expected).hasSize(ROWS);

            CompletableFuture<Spark.Run> job = CompletableFuture.supplyAsync(() -> run("pictures"));
            awaitTasksDone(spark, job);
            ProcessHandle victim =
                    ProcessHandle.current().descendants().filter(KilledExecutorTest::isExecutor).findFirst().orElseThrow();
            assertThat(job).isNotDone();
            assertThat(victim.destroyForcibly()).isTrue();

            Spark.Run run = job.get();
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.out()).contains(" 0 rows with errors, 0 rows were there, ");
            assertThat(executors()).as("another one took its place").isEqualTo(2);
            assertThat(Spark.pictures(spark, folder.resolve("pictures"))).isEqualTo(expected);
        } finally {
            spark.stop();
        }
    }

    private Spark.Run run(String out) {
        return Spark.run(
                "--prompts", folder.resolve("prompts").toString(), "--out", folder.resolve(out).toString(), "--model", Spark.MODEL,
                "--rows-per-task", "2");
    }

    /** Until a quarter of the pictures are there, as files of tasks whose job is not committed yet. */
    private void awaitTasksDone(SparkSession spark, CompletableFuture<Spark.Run> job) throws Exception {
        while (true) {
            if (job.isDone()) {
                throw new AssertionError("the job ended before an executor was killed: " + job.get());
            }
            try (var files = Files.walk(folder.resolve("pictures"))) {
                if (files.filter(file -> file.getFileName().toString().endsWith(".parquet")).count() >= ROWS / 2 / 4) {
                    return;
                }
            } catch (IOException | UncheckedIOException e) {
                assertThat(e).as("not there yet, or moved meanwhile").isNotNull();
            }
            Thread.sleep(20);
        }
    }
}
