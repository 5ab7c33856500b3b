package wurstchen.examples.cli;

import com.google.common.base.Stopwatch;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.GeneratedPicture;
import wurstchen.PictureMetadata;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.examples.cli.list.ListedPicture;
import wurstchen.examples.cli.list.PictureList;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.examples.cli.option.ImageOptions;
import wurstchen.examples.cli.option.ImagePromptOptions;
import wurstchen.examples.cli.option.LatentOptions;
import wurstchen.examples.cli.option.ModelOptions;
import wurstchen.examples.cli.option.OutputOptions;
import wurstchen.examples.cli.option.PictureOptions;
import wurstchen.examples.cli.option.PreviewOptions;
import wurstchen.examples.cli.option.PromptOptions;
import wurstchen.examples.cli.output.JobProgress;
import wurstchen.examples.cli.output.LatentFiles;
import wurstchen.examples.cli.output.Listeners;
import wurstchen.examples.cli.output.PictureFiles;
import wurstchen.examples.cli.output.PictureFormat;
import wurstchen.examples.cli.output.PreviewFiles;
import wurstchen.examples.cli.output.RunReport;
import wurstchen.examples.cli.output.Terminal;
import wurstchen.image.WholeFile;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.progress.Handover;
import wurstchen.progress.RequestListener;
import wurstchen.stage.StageCLatents;

/** Makes pictures and writes each as soon as it is there. */
@Command(
        name = "generate",
        sortOptions = false,
        usageHelpWidth = 110,
        customSynopsis = {
            "wurstchen generate PROMPT [-s N] [-o FILE] [--pictures N] [OPTIONS]",
            "       wurstchen generate --prompts FILE [OPTIONS]"
        },
        description = "Makes pictures of a prompt and writes them as PNG or JPEG files that say how they were made.",
        footer = {
            "",
            "Examples:",
            "  java -jar wurstchen.jar generate \"a red apple\" --seed 42 --out apple.png",
            "  java -jar wurstchen.jar generate --prompts cats.txt --seed 1 --out cats.png"
        })
final class GenerateCommand implements Callable<Integer> {
    private final Path folder;
    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Mixin
    private PromptOptions promptOptions;

    @Mixin
    private OutputOptions outputOptions;

    @Mixin
    private PictureOptions pictureOptions;

    @Mixin
    private ImageOptions imageOptions;

    @Mixin
    private ImagePromptOptions imagePromptOptions;

    @Mixin
    private LatentOptions latentOptions;

    @Mixin
    private PreviewOptions previewOptions;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private HelpOption help;

    GenerateCommand(Path folder, Terminal terminal) {
        this.folder = folder;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Optional<StageCLatents> start = latentOptions.start(folder);
        PictureRequest.Builder request = promptOptions.toRequest(start.flatMap(latentOptions::madeBy));
        pictureOptions.set(request);
        imageOptions.set(request, folder);
        imagePromptOptions.set(request, folder);
        latentOptions.set(request, start);
        previewOptions.set(request);
        Device device = modelOptions.device();
        try {
            Optional<String> prompts = promptOptions.prompts();
            if (prompts.isPresent()) {
                checkListed();
                generateList(prompts.get(), request.build(), device);
            } else {
                generate(request, device);
            }
        } catch (OutOfMemoryError e) {
            throw new WurstchenException(
                    "not enough memory (" + e.getMessage() + "); make a smaller picture, use a smaller --batch-size,"
                            + " or give Java more with java -Xmx4g -jar ...",
                    e);
        }
        return ExitCode.OK;
    }

    /** Lines are pictures: what follows the making of one does not go with them. */
    private void checkListed() {
        latentOptions.given().or(() -> previewOptions.folder().map(given -> "--previews")).ifPresent(option -> {
            throw new ParameterException(spec.commandLine(), "both --prompts and " + option + ": leave out one of them");
        });
    }

    private void generate(PictureRequest.Builder request, Device device) {
        RunReport report = report();
        int pictures = pictureOptions.pictures();
        try (PictureFiles files = files();
                JobProgress progress = new JobProgress(terminal, spec.commandLine().getErr(), 1)) {
            files.check();
            Optional<LatentFiles> latents = latentOptions.latents(folder).map(file -> new LatentFiles(file, pictures));
            Optional<PreviewFiles> previews = previewOptions.folder().map(given -> new PreviewFiles(folder.resolve(given), pictures));
            Stopwatch loading = Stopwatch.createStarted();
            try (ModelBundle bundle = modelOptions.openBundle()) {
                check(request.build(), bundle, report);
                latents.ifPresent(written ->
                        written.describe(withSeed(request), bundle.manifest().defaults(), bundle.manifestSha256()));
                try (Wurstchen wurstchen = open(bundle, device)) {
                    checkPreviews(wurstchen);
                    report.loaded(bundle.manifest().about().name(), loading.elapsed());
                    List<RequestListener> listeners = Stream.<Optional<? extends RequestListener>>of(Optional.of(progress), latents, previews)
                            .<RequestListener>flatMap(Optional::stream)
                            .toList();
                    PictureResult result;
                    try (Handover<GeneratedPicture> written = Handover.to(files.writer(report::wrote))) {
                        result = make(wurstchen, request.listener(new Listeners(listeners)).consumer(written).build());
                    }
                    latents.ifPresent(written -> written.finish(result.stageCLatents(), report::wroteLatents));
                    progress.finish();
                    report.finish(result, request.build().prompt());
                }
            }
        }
    }

    private PictureFiles files() {
        if (!latentOptions.stopsAfterStageC()) {
            return outputOptions.files(folder, pictureOptions.pictures());
        }
        if (outputOptions.named()) {
            throw new ParameterException(spec.commandLine(), "--stop-after stage-c makes no picture: leave out --out");
        }
        return PictureFiles.none();
    }

    /** Latents name their seed while the pictures are not made yet. */
    private static PictureRequest withSeed(PictureRequest.Builder request) {
        if (request.build().seed().isEmpty()) {
            request.seed(ThreadLocalRandom.current().nextLong(1L << 32));
        }
        return request.build();
    }

    private void checkPreviews(Wurstchen wurstchen) {
        if (previewOptions.needsProjection() && wurstchen.parts().projectionC().isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--previews: this model has no projection for them; make whole pictures with --preview-steps 1, or add one to the model with"
                            + " `python -m wurstchen_export previews`");
        }
    }

    /** Lines that are there already are kept; if all are, the model's graphs are not opened. */
    private void generateList(String source, PictureRequest base, Device device) {
        RunReport report = report();
        Path out = outputOptions.nameOfLines(folder, source);
        PictureFormat format = outputOptions.format(out);
        List<ListedPicture> pictures = list(source, base, out);
        pictures.forEach(picture -> WholeFile.check(picture.file()));
        WholeFile.removeLeftovers(out.toAbsolutePath().getParent());
        try (ModelBundle bundle = modelOptions.openBundle();
                JobProgress progress = new JobProgress(terminal, spec.commandLine().getErr(), pictures.size())) {
            pictures.forEach(picture -> check(picture.request(), bundle, report));
            List<Optional<PictureMetadata>> found = pictures.stream()
                    .map(picture -> picture.found(bundle.manifest().defaults(), bundle.manifestSha256()))
                    .toList();
            Stopwatch working = Stopwatch.createStarted();
            try (Wurstchen wurstchen = found.stream().allMatch(Optional::isPresent) ? null : open(bundle, device);
                    Handover<Runnable> written = Handover.to(Runnable::run)) {
                for (int i = 0; i < pictures.size(); i++) {
                    ListedPicture picture = pictures.get(i);
                    if (found.get(i).isPresent()) {
                        PictureMetadata kept = found.get(i).get();
                        written.accept(() -> report.kept(picture.file(), kept));
                    } else {
                        make(wurstchen, picture, progress, made -> written.accept(() -> write(made, picture, format, report)), report);
                    }
                    progress.requestDone();
                }
            }
            progress.finish();
            int kept = (int) found.stream().filter(Optional::isPresent).count();
            report.finishList(pictures.size() - kept, kept, working.elapsed());
        }
    }

    private void make(
            Wurstchen wurstchen,
            ListedPicture picture,
            JobProgress progress,
            Consumer<GeneratedPicture> consumer,
            RunReport report) {
        PictureResult result = make(
                wurstchen, picture.request().toBuilder().listener(progress).consumer(consumer).build());
        report.warn(result, picture.request().prompt());
    }

    private static void write(GeneratedPicture made, ListedPicture picture, PictureFormat format, RunReport report) {
        WholeFile.write(picture.file(), format.encode(made));
        report.wrote(picture.file(), made.metadata());
    }

    /** What only the request as a whole shows to be too large is wrong usage too. */
    private PictureResult make(Wurstchen wurstchen, PictureRequest request) {
        try {
            return wurstchen.generate(request);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private List<ListedPicture> list(String source, PictureRequest base, Path out) {
        try {
            return PictureList.read(folder, source, base, out);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--prompts: " + e.getMessage(), e);
        }
    }

    private void check(PictureRequest request, ModelBundle bundle, RunReport report) {
        pictureOptions.checkSize(request.settings(bundle.manifest().defaults()), bundle.manifest()).ifPresent(report::note);
    }

    private Wurstchen open(ModelBundle bundle, Device device) {
        return OnnxWurstchen.builder().model(bundle).device(device).lowMemory(modelOptions.lowMemory()).open();
    }

    private RunReport report() {
        RunReport.Audience audience = outputOptions.json()
                ? RunReport.Audience.SCRIPT
                : outputOptions.standardOutput() ? RunReport.Audience.PICTURE_READER : RunReport.Audience.PEOPLE;
        return new RunReport(spec.commandLine(), audience);
    }
}
