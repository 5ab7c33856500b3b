package wurstchen.examples.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import wurstchen.PictureRequest;
import wurstchen.examples.cli.option.OptionSetter;
import wurstchen.examples.cli.output.Terminal;

/** Paints a part of a picture. */
@Command(
        name = "inpaint",
        sortOptions = false,
        usageHelpWidth = 110,
        customSynopsis = "wurstchen inpaint FILE --mask FILE -p TEXT [-o FILE] [OPTIONS]",
        description = "Paints the part of a picture where a mask is light; the other pixels stay as they are.",
        footer = {"", "Example:", "  java -jar wurstchen.jar inpaint apple.png --mask right-half.png --prompt \"a pear\" --out both.png"})
final class InpaintCommand extends PictureCommand {
    @Parameters(index = "0", paramLabel = "FILE", description = {"The picture.", "Example: apple.png"})
    private Path file;

    @Option(names = "--mask", required = true, paramLabel = "FILE", description = {"A picture, light where to paint.", "Example: --mask mask.png"})
    private Path mask;

    @Option(
            names = "--strength",
            paramLabel = "S",
            defaultValue = "1",
            description = {"How much of the painted part is new, 0 to 1. Default: ${DEFAULT-VALUE}.", "Example: --strength 0.8"})
    private Float strength;

    InpaintCommand(Path folder, Terminal terminal) {
        super(folder, terminal);
    }

    @Override
    List<PictureRequest> requests(PictureRequest.Builder request) {
        new OptionSetter(spec).set("--strength", strength, request::strength);
        return List.of(request.image(fitOptions.read(folder.resolve(file))).mask(fitOptions.read(folder.resolve(mask))).build());
    }
}
