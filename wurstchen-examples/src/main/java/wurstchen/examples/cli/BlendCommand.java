package wurstchen.examples.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import wurstchen.PictureRequest;
import wurstchen.examples.cli.option.OptionSetter;
import wurstchen.examples.cli.output.Terminal;

/** Goes from one picture to another. */
@Command(
        name = "blend",
        sortOptions = false,
        usageHelpWidth = 110,
        customSynopsis = "wurstchen blend FILE FILE [--pictures N] [-o FILE] [OPTIONS]",
        description = "Makes a series of pictures from one to another, in the space of Stage C.",
        footer = {"", "Example:", "  java -jar wurstchen.jar blend apple.png pear.png --pictures 5 --out between.png"})
final class BlendCommand extends PictureCommand {
    private static final int USUAL_PICTURES = 5;

    @Parameters(index = "0", paramLabel = "FILE", description = {"The first picture.", "Example: apple.png"})
    private Path first;

    @Parameters(index = "1", paramLabel = "FILE", description = {"The last one.", "Example: pear.png"})
    private Path last;

    @Option(
            names = "--to-prompt",
            paramLabel = "TEXT",
            description = {"What the last picture shows. Default: as --prompt.", "Example: --prompt \"an apple\" --to-prompt \"a pear\""})
    private String toPrompt;

    @Option(
            names = "--strength",
            paramLabel = "S",
            defaultValue = "0",
            description = {"How much of the pictures is replaced by noise and denoised, 0 to 1. Default: ${DEFAULT-VALUE}.", "Example: --strength 0.3"})
    private Float strength;

    BlendCommand(Path folder, Terminal terminal) {
        super(folder, terminal);
    }

    @Override
    List<PictureRequest> requests(PictureRequest.Builder request) {
        new OptionSetter(spec).set("--strength", strength, request::strength);
        int count = pictures(USUAL_PICTURES);
        request.pictures(1).image(fitOptions.read(folder.resolve(first)));
        PictureRequest start = request.seed(request.build().seed().orElseGet(() -> ThreadLocalRandom.current().nextLong(1L << 32))).build();
        PictureRequest end = start.toBuilder()
                .image(fitOptions.read(folder.resolve(last)))
                .prompt(toPrompt == null ? start.prompt() : toPrompt)
                .build();
        try {
            return start.seriesTo(end, count);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--pictures: " + e.getMessage(), e);
        }
    }
}
