package wurstchen.spark;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.WurstchenException;

/** The job for {@code spark-submit}: a table of prompts becomes a table of pictures. */
@Command(
        name = "GeneratePictures",
        description = {
            "Makes a picture for each row of a table of prompts. Run again with the same tables, it makes the rows that are missing.",
            "Columns: prompt and, where wanted, negative_prompt, seed, width, height, stage_c_steps, stage_c_timesteps, stage_c_guidance,"
                + " stage_b_steps, stage_b_timesteps, stage_b_guidance, prompt_weights, long_prompts. Null is the model's default; others"
                + " are kept. A row without a seed gets one that is made of the row's contents."
        },
        sortOptions = false,
        usageHelpWidth = 120)
public final class GeneratePictures implements Callable<Integer> {
    private static final Duration PROGRESS = Duration.ofSeconds(10);

    /** A round this long for each core or GPU loses little at its end, where some wait for the last. */
    private static final int TASKS_OF_A_ROUND = 64;

    @Option(names = "--prompts", required = true, paramLabel = "TABLE", description = "Table of prompts: a folder or file of Parquet or JSON lines.")
    private String prompts = "";

    @Option(names = "--prompts-format", paramLabel = "FORMAT", description = "parquet or json; default: json for names that end in .json or .jsonl.")
    private Optional<String> promptsFormat = Optional.empty();

    @Option(names = "--out", required = true, paramLabel = "TABLE", description = "Folder of the pictures; rows that it has are not made again.")
    private String out = "";

    @Option(
            names = "--format",
            defaultValue = "parquet",
            paramLabel = "FORMAT",
            description = "parquet, json (lines, bytes in base 64), or png (files beside an index of JSON lines); default: parquet.")
    private String format = "";

    @Option(
            names = "--model",
            defaultValue = "",
            paramLabel = "MODEL",
            description = "Bundle: a folder or zip file on every machine, or the name of one that --files or --archives brings; default: the"
                    + " small model in the jar.")
    private String model = "";

    @Option(
            names = "--device",
            defaultValue = "auto",
            paramLabel = "DEVICE",
            description = "auto (the GPU that Spark gives to the task, else the CPU), cpu, cpu:THREADS, cuda or cuda:N; default: auto.")
    private String device = "";

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Value of rows that have none, such as stage-c-steps=20; may be repeated.")
    private Map<String, String> values = new LinkedHashMap<>();

    @Option(
            names = "--batch-size",
            defaultValue = "1",
            paramLabel = "N",
            description = "Pictures at a time, of rows that differ in prompts and seeds only; more than 1 may change a pixel by 1; default: 1.")
    private int batchSize;

    @Option(names = "--rows-per-task", defaultValue = "32", paramLabel = "N", description = "What is lost with an executor, at most, for each of its tasks; default: 32.")
    private int rowsPerTask;

    @Option(
            names = "--rows-per-commit",
            defaultValue = "0",
            paramLabel = "N",
            description = "Rows that are committed together, and lost if the whole job ends; default: 64 tasks for each core or GPU.")
    private int rowsPerCommit;

    @Option(names = "--strict", description = "Fail at a row of which no picture can be made, instead of giving it an error.")
    private boolean strict;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    private GeneratePictures() {
        spec = CommandSpec.create(); // picocli sets the one that is used
    }

    /**
     * Runs the job, and ends the JVM if it fails: with 1, or 2 for wrong usage.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        int code = run(arguments, System.out, System.err);
        if (code != 0) {
            System.exit(code);
        }
    }

    /** Returns 0, 1 for a failure, or 2 for wrong usage. */
    static int run(String[] arguments, PrintStream out, PrintStream err) {
        return new CommandLine(new GeneratePictures())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println("wurstchen: " + message(failure));
                    return 1;
                })
                .execute(arguments);
    }

    /** What a task says is in the middle of what Spark says about it. */
    private static String message(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof WurstchenException || cause instanceof IllegalArgumentException) {
                return String.valueOf(cause.getMessage());
            }
        }
        Throwable last = failure;
        while (last instanceof SparkException && last.getCause() != null) {
            last = last.getCause();
        }
        String text = String.valueOf(last.getMessage());
        return last instanceof AnalysisException ? text.lines().findFirst().orElse(text) : text;
    }

    @Override
    public Integer call() {
        check(rowsPerTask >= 1 && rowsPerTask <= 1_000_000, "--rows-per-task must be 1 to 1000000, got " + rowsPerTask);
        check(rowsPerCommit >= 0, "--rows-per-commit must be at least 1, or 0 for the default, got " + rowsPerCommit);
        PictureTable.Format kind;
        PictureGenerator generator;
        try {
            kind = PictureTable.Format.of(format);
            generator = PictureGenerator.builder()
                    .model(model.isEmpty() ? ModelPlace.inTheBox() : ModelPlace.of(model))
                    .device(device)
                    .batchSize(batchSize)
                    .defaults(values)
                    .strict(strict)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        boolean running = SparkSession.getActiveSession().isDefined() || SparkSession.getDefaultSession().isDefined();
        SparkSession spark = SparkSession.builder().appName("wurstchen").getOrCreate();
        try {
            generate(spark, generator, new PictureTable(out, kind));
        } finally {
            if (!running) {
                spark.stop();
            }
        }
        return 0;
    }

    private void check(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private void generate(SparkSession spark, PictureGenerator generator, PictureTable table) {
        int commit = rowsPerCommit > 0
                ? rowsPerCommit
                : (int) Math.min(Integer.MAX_VALUE, (long) TASKS_OF_A_ROUND * rowsPerTask * spark.sparkContext().defaultParallelism());
        PictureJob job = new PictureJob(spark, generator, table, rowsPerTask, commit);
        long started = System.nanoTime();
        try (Progress progress = new Progress(spark, System.err, PROGRESS)) {
            PictureJob.Outcome outcome = job.run(read(spark), progress);
            spec.commandLine()
                    .getOut()
                    .printf("%d pictures made, %d rows with errors, %d rows were there, %d s: %s%n", outcome.made(), outcome.refused(),
                            outcome.found(), Math.round((System.nanoTime() - started) / 1e9), out);
            spec.commandLine().getOut().flush();
        }
    }

    private Dataset<Row> read(SparkSession spark) {
        String kind = promptsFormat.orElse(prompts.endsWith(".json") || prompts.endsWith(".jsonl") ? "json" : "parquet");
        if (!kind.equals("json") && !kind.equals("parquet")) {
            throw new IllegalArgumentException("unknown format of prompts '" + kind + "': there are parquet and json (one object a line)");
        }
        return spark.read().format(kind).load(prompts);
    }
}
