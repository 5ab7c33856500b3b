package wurstchen.examples.cli;

import com.google.common.base.Stopwatch;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.examples.cli.option.FitOptions;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.examples.cli.option.ModelOptions;
import wurstchen.examples.cli.option.OutputOptions;
import wurstchen.examples.cli.option.PictureOptions;
import wurstchen.examples.cli.option.TextOptions;
import wurstchen.examples.cli.output.JobProgress;
import wurstchen.examples.cli.output.PictureFiles;
import wurstchen.examples.cli.output.RunReport;
import wurstchen.examples.cli.output.Terminal;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/** A command that makes pictures of pictures. */
abstract class PictureCommand implements Callable<Integer> {
    final Path folder;
    private final Terminal terminal;

    @Spec
    CommandSpec spec;

    @Mixin
    TextOptions textOptions;

    @Mixin
    FitOptions fitOptions;

    @Mixin
    private OutputOptions outputOptions;

    @Mixin
    private PictureOptions pictureOptions;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private HelpOption help;

    PictureCommand(Path folder, Terminal terminal) {
        this.folder = folder;
        this.terminal = terminal;
    }

    /**
     * Returns what to make, all of it with one opened model.
     *
     * @param request with the options that all of these commands have
     * @throws ParameterException if an option does not fit
     */
    abstract List<PictureRequest> requests(PictureRequest.Builder request);

    /** Returns how many pictures were asked for; {@code usual} if the option was not given. */
    int pictures(int usual) {
        return spec.commandLine().getParseResult().hasMatchedOption("--pictures") ? pictureOptions.pictures() : usual;
    }

    @Override
    public Integer call() {
        PictureRequest.Builder request = textOptions.toRequest();
        pictureOptions.set(request);
        fitOptions.set(request);
        make(requests(request), modelOptions.device());
        return ExitCode.OK;
    }

    private void make(List<PictureRequest> requests, Device device) {
        RunReport report = new RunReport(spec.commandLine(), audience());
        int pictures = requests.stream().mapToInt(PictureRequest::pictures).sum();
        try (PictureFiles files = outputOptions.files(folder, pictures);
                JobProgress progress = new JobProgress(terminal, spec.commandLine().getErr(), requests.size())) {
            files.check();
            Stopwatch loading = Stopwatch.createStarted();
            try (ModelBundle bundle = modelOptions.openBundle()) {
                requests.forEach(request -> pictureOptions
                        .checkSize(request.settings(bundle.manifest().defaults()), bundle.manifest())
                        .ifPresent(report::note));
                try (Wurstchen wurstchen = open(bundle, device)) {
                    report.loaded(bundle.manifest().about().name(), loading.elapsed());
                    for (PictureRequest request : requests) {
                        PictureResult result = make(wurstchen, request.toBuilder()
                                .listener(progress)
                                .consumer(files.writer(report::wrote))
                                .build());
                        progress.requestDone();
                        report.warn(result, request.prompt());
                    }
                }
            }
        }
    }

    private RunReport.Audience audience() {
        return outputOptions.json()
                ? RunReport.Audience.SCRIPT
                : outputOptions.standardOutput() ? RunReport.Audience.PICTURE_READER : RunReport.Audience.PEOPLE;
    }

    private Wurstchen open(ModelBundle bundle, Device device) {
        return OnnxWurstchen.builder().model(bundle).device(device).lowMemory(modelOptions.lowMemory()).open();
    }

    /** What the model cannot do is wrong usage too. */
    private PictureResult make(Wurstchen wurstchen, PictureRequest request) {
        try {
            return wurstchen.generate(request);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
