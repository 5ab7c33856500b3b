package wurstchen.examples.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import wurstchen.PictureRequest;
import wurstchen.examples.cli.option.OptionSetter;
import wurstchen.examples.cli.output.Terminal;

/** Makes relatives of a picture. */
@Command(
        name = "vary",
        sortOptions = false,
        usageHelpWidth = 110,
        customSynopsis = "wurstchen vary FILE [-p TEXT] [--strength S] [--pictures N] [-o FILE] [OPTIONS]",
        description = "Makes variations of a picture, with or without a prompt; each has another seed.",
        footer = {"", "Example:", "  java -jar wurstchen.jar vary apple.png --strength 0.5 --pictures 4 --out relatives.png"})
final class VaryCommand extends PictureCommand {
    private static final int USUAL_PICTURES = 4;

    @Parameters(index = "0", paramLabel = "FILE", description = {"The picture.", "Example: apple.png"})
    private Path file;

    @Option(
            names = "--strength",
            paramLabel = "S",
            defaultValue = "0.6",
            description = {"How far the variations go, 0 to 1. Default: ${DEFAULT-VALUE}.", "Example: --strength 0.4"})
    private Float strength;

    VaryCommand(Path folder, Terminal terminal) {
        super(folder, terminal);
    }

    @Override
    List<PictureRequest> requests(PictureRequest.Builder request) {
        new OptionSetter(spec).set("--strength", strength, request::strength);
        return List.of(request.image(fitOptions.read(folder.resolve(file))).pictures(pictures(USUAL_PICTURES)).build());
    }
}
