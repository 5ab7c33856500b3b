package wurstchen.examples.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import wurstchen.PictureRequest;
import wurstchen.examples.cli.output.Terminal;

/** Shows what the model keeps of a picture. */
@Command(
        name = "reconstruct",
        sortOptions = false,
        usageHelpWidth = 110,
        customSynopsis = "wurstchen reconstruct FILE [-o FILE] [OPTIONS]",
        description = "Encodes a picture to Stage C latents and rebuilds it with Stages B and A.",
        footer = {"", "Example:", "  java -jar wurstchen.jar reconstruct photo.jpg --out rebuilt.png"})
final class ReconstructCommand extends PictureCommand {
    @Parameters(index = "0", paramLabel = "FILE", description = {"The picture.", "Example: photo.jpg"})
    private Path file;

    ReconstructCommand(Path folder, Terminal terminal) {
        super(folder, terminal);
    }

    @Override
    List<PictureRequest> requests(PictureRequest.Builder request) {
        return List.of(request.image(fitOptions.read(folder.resolve(file))).strength(0).build());
    }
}
