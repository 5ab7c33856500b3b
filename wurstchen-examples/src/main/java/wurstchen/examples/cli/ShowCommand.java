package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import wurstchen.PictureMetadata;
import wurstchen.PictureOrigin;
import wurstchen.WurstchenException;
import wurstchen.examples.EmbeddedModel;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.examples.cli.output.PictureText;
import wurstchen.onnx.ModelBundle;
import wurstchen.text.VisibleText;

/** Shows how a picture was made, and the command that makes it again. */
@Command(
        name = "show",
        sortOptions = false,
        usageHelpWidth = 110,
        description = "Shows how a picture that this program wrote was made, and the command that makes it again.",
        footer = {"", "Example:", "  java -jar wurstchen.jar show apple.png"})
final class ShowCommand implements Callable<Integer> {
    private final Path folder;

    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Parameters(index = "0", paramLabel = "FILE", description = {"The picture.", "Example: apple.png"})
    private Path file;

    @Option(
            names = "--json",
            description = "Print the settings as one JSON object, which a line of generate --prompts takes, and no command.")
    private boolean json;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = {"The picture's model, for the command. Default: the miniature in the jar.", "Example: --model bundles/wuerstchen"})
    private Path model;

    ShowCommand(Path folder) {
        this.folder = folder;
    }

    @Override
    public Integer call() {
        PictureMetadata metadata = PictureText.read(folder.resolve(file));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(metadata.toJson());
        } else {
            values(metadata).forEach((name, value) -> out.printf(Locale.ROOT, "%-19s %s%n", name + ":", VisibleText.of(value)));
            out.println();
            Optional<String> obstacle = MadeAgain.obstacle(metadata);
            out.println(obstacle.isPresent() ? "no command makes it again: " + obstacle.get() : "make it again:");
            if (obstacle.isEmpty()) {
                out.println("  " + MadeAgain.command(metadata, modelFolder(metadata.origin()), again()));
            }
            if (metadata.origin().batchSize() > 1) {
                out.println("It was made " + metadata.origin().batchSize() + " at a time: alone, a pixel may differ by 1.");
            }
        }
        out.flush();
        return ExitCode.OK;
    }

    private static Map<String, String> values(PictureMetadata metadata) {
        Map<String, String> values = new LinkedHashMap<>(metadata.toText());
        values.remove(PictureMetadata.JSON);
        values.remove(PictureMetadata.PARAMETERS);
        return values;
    }

    private String again() {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return file.resolveSibling(dot < 0 ? name + "-again.png" : name.substring(0, dot) + "-again" + name.substring(dot)).toString();
    }

    /** Returns what the command says for --model; empty for the model in the box. */
    private String modelFolder(PictureOrigin origin) {
        if (model == null) {
            boolean inTheBox = origin.modelSha256().isEmpty() || origin.modelSha256().equals(EmbeddedModel.manifestSha256());
            return inTheBox ? "" : "FOLDER-OF-" + origin.model();
        }
        try (ModelBundle bundle = ModelBundle.open(folder.resolve(model))) {
            if (!origin.modelSha256().isEmpty() && !origin.modelSha256().equals(bundle.manifestSha256())) {
                throw new WurstchenException("another model made this picture: expected " + origin.model() + " with the manifest's SHA-256 "
                        + origin.modelSha256() + ", " + model + " has " + bundle.manifestSha256());
            }
        }
        return model.toString();
    }
}
