package wurstchen.examples.cli;

import com.google.common.base.Stopwatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.WurstchenException;
import wurstchen.examples.benchmark.Benchmark;
import wurstchen.examples.benchmark.BenchmarkJson;
import wurstchen.examples.benchmark.BenchmarkTable;
import wurstchen.examples.benchmark.Machine;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.examples.cli.option.ModelOptions;
import wurstchen.examples.cli.option.PictureOptions;
import wurstchen.examples.cli.output.Terminal;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;

/** Measures each stage. */
@Command(
        name = "benchmark",
        sortOptions = false,
        usageHelpWidth = 110,
        description = {
            "Measures what a model takes: time of each stage in milliseconds, bytes copied between host and device, memory.",
            "The first request after opening is shown apart, because it plans, and a GPU begins to record steps; then the same request"
                    + " again and again: later is the median of them, first:later how many times longer the first took. Nothing is"
                    + " written but --json."
        },
        footer = {"", "Example:", "  java -jar wurstchen.jar benchmark --device cuda --repeats 10 --json h200.json"})
final class BenchmarkCommand implements Callable<Integer> {
    private static final String PROMPT = "a red apple on a blue background";
    private static final int MOST_REPEATS = 10_000;
    private static final int WIDTH = 80;

    private final Path folder;
    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Mixin
    private PictureOptions pictureOptions;

    @Mixin
    private ModelOptions modelOptions;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "5",
            description = {"How many requests to measure after the first. Default: ${DEFAULT-VALUE}.", "Example: --repeats 20"})
    private int repeats;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = {"Where to write every number, replaced if it is there.", "Example: --json benchmark.json"})
    private Path json;

    BenchmarkCommand(Path folder, Terminal terminal) {
        this.folder = folder;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (repeats < 1 || repeats > MOST_REPEATS) {
            throw new ParameterException(spec.commandLine(), "--repeats: must be 1 to " + MOST_REPEATS + ", got " + repeats);
        }
        PictureRequest.Builder request = PictureRequest.builder(PROMPT).seed(1);
        pictureOptions.set(request);
        Device device = modelOptions.device();
        checkJson();
        Benchmark benchmark = measure(request.build(), device);
        OptionalLong peak = Machine.peakProcessBytes();
        new BenchmarkTable(spec.commandLine().getOut()).print(Machine.current(), benchmark, peak);
        if (json != null) {
            write(folder.resolve(json), BenchmarkJson.of(Machine.current(), benchmark, peak));
        }
        return ExitCode.OK;
    }

    /** Before anything is measured: minutes later is too late. */
    private void checkJson() {
        if (json != null && !Files.isDirectory(folder.resolve(json).toAbsolutePath().getParent())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--json: cannot write " + folder.resolve(json) + ": its folder is not there; create it, or name another");
        }
    }

    private Benchmark measure(PictureRequest request, Device device) {
        Stopwatch reading = Stopwatch.createStarted();
        try (ModelBundle bundle = modelOptions.openBundle();
                ProgressBar bar = terminal == Terminal.WATCHED ? bar() : null) {
            double verify = Benchmark.millis(reading.elapsed());
            pictureOptions.checkSize(request.settings(bundle.manifest().defaults()), bundle.manifest());
            return Benchmark.run(bundle, verify, device, modelOptions.lowMemory(), request, repeats, (done, all) -> {
                if (bar != null) {
                    bar.maxHint(all).stepTo(done);
                }
            });
        }
    }

    private static ProgressBar bar() {
        return new ProgressBarBuilder()
                .setTaskName("requests")
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                .build();
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new WurstchenException("cannot write " + file + ": " + e + "; name a file in a folder that exists", e);
        }
    }
}
