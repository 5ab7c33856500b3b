package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import wurstchen.examples.EmbeddedModel;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.onnx.ModelBundle;

/** Shows what a bundle is. Opening it verifies it, so what is shown has been checked. */
@Command(
        name = "model",
        usageHelpWidth = 110,
        description = "Verifies a model bundle and shows what it can draw, where it comes from and what it takes.",
        footer = {"", "Example:", "  java -jar wurstchen.jar model bundles/wuerstchen"})
final class ModelCommand implements Callable<Integer> {
    private static final String EXAMPLE_PROMPT = "a red apple on a blue background";

    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "DIR",
            description = "A bundle that the exporter wrote. Default: the miniature in the jar.")
    private Path folder;

    @Option(names = "--all", description = "Show its files and the tensors of its graphs too.")
    private boolean all;

    @Override
    public Integer call() {
        try (ModelBundle bundle = folder == null ? EmbeddedModel.open() : ModelBundle.open(folder)) {
            bundle.verify();
            PrintWriter out = spec.commandLine().getOut();
            new ManifestText(out).print(bundle.manifest(), example(), all);
            out.println("verified: every file has the size and SHA-256 of the manifest, and there is no other");
            out.flush();
        }
        return ExitCode.OK;
    }

    private String example() {
        String model = folder == null ? "" : " --model " + MadeAgain.quoted(folder.toString());
        return MadeAgain.program() + " generate " + MadeAgain.quoted(EXAMPLE_PROMPT) + model;
    }
}
