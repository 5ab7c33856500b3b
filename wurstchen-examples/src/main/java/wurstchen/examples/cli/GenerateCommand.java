package wurstchen.examples.cli;

import com.google.common.base.Stopwatch;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.examples.cli.option.ModelOptions;
import wurstchen.examples.cli.option.PictureOptions;
import wurstchen.examples.cli.option.PromptOptions;
import wurstchen.examples.cli.output.PictureFiles;
import wurstchen.examples.cli.output.PictureFormat;
import wurstchen.examples.cli.output.RunReport;
import wurstchen.examples.cli.output.StepProgress;
import wurstchen.examples.cli.output.Terminal;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/** Makes pictures and writes each as soon as it is there. */
@Command(
        name = "generate",
        sortOptions = false,
        usageHelpWidth = 110,
        description = "Makes pictures of a prompt and writes them as PNG files that carry their settings as text.",
        footer = {"", "Example:", "  java -jar wurstchen.jar generate \"a red apple\" --seed 42 --out apple.png"})
final class GenerateCommand implements Callable<Integer> {
    private final Path folder;
    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Mixin
    private PromptOptions promptOptions;

    @Mixin
    private PictureOptions pictureOptions;

    @Mixin
    private ModelOptions modelOptions;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = {
                "The PNG file, written whole or not at all, replaced if it is there; several pictures of a.png are a-0.png, a-1.png, ..."
                        + " Default: the next free of wurstchen-0001.png, wurstchen-0002.png, ... in this folder.",
                "Example: --out apple.png"
            })
    private Path out;

    @Option(names = "--no-metadata", description = "Write files that do not say how they were made.")
    private boolean noMetadata;

    GenerateCommand(Path folder, Terminal terminal) {
        this.folder = folder;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        PictureRequest.Builder request = promptOptions.toRequest();
        pictureOptions.set(request);
        Device device = modelOptions.device();
        try (PictureFiles files = files()) {
            files.check();
            generate(request, device, files);
        } catch (OutOfMemoryError e) {
            throw new WurstchenException(
                    "not enough memory (" + e.getMessage() + "); make a smaller picture, use a smaller --batch-size,"
                            + " or give Java more with java -Xmx4g -jar ...",
                    e);
        }
        return ExitCode.OK;
    }

    private PictureFiles files() {
        PictureFormat format = new PictureFormat(!noMetadata);
        try {
            return out == null ? PictureFiles.nextFree(folder, format) : PictureFiles.named(folder.resolve(out), pictureOptions.pictures(), format);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--out: " + e.getMessage(), e);
        }
    }

    private void generate(PictureRequest.Builder request, Device device, PictureFiles files) {
        Stopwatch loading = Stopwatch.createStarted();
        RunReport report = new RunReport(spec.commandLine());
        try (ModelBundle bundle = modelOptions.openBundle()) {
            pictureOptions.checkSize(request.build().settings(bundle.manifest().defaults()), bundle.manifest()).ifPresent(report::note);
            try (Wurstchen wurstchen = OnnxWurstchen.builder()
                            .model(bundle)
                            .device(device)
                            .lowMemory(modelOptions.lowMemory())
                            .open();
                    StepProgress progress = new StepProgress(terminal, terminal == Terminal.WATCHED ? Terminal.width() : 0)) {
                report.loaded(bundle.manifest().about().name(), loading.elapsed());
                request.listener(progress).consumer(files.writer(report::wrote));
                report.finish(wurstchen.generate(request.build()), promptOptions.prompt());
            }
        }
    }
}
