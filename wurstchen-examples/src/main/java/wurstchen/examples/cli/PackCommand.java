package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.onnx.ModelBundle;

/** Writes a bundle as one file. */
@Command(
        name = "pack",
        usageHelpWidth = 110,
        description = {
            "Writes a model bundle as one .zip file, which the command fetch takes, and prints the SHA-256 that it asks for. The same bundle"
                    + " gives the same bytes."
        },
        footer = {"", "Example:", "  java -jar wurstchen.jar pack bundles/wuerstchen --out wuerstchen.zip"})
final class PackCommand implements Callable<Integer> {
    private static final String SUFFIX = ".zip";

    private final Path folder;

    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Parameters(index = "0", paramLabel = "DIR", description = "A bundle that the exporter wrote.")
    private Path model;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description = {
                "A .zip file, written whole or not at all, replaced if it is there. Default: named like the bundle, in this folder, if the name"
                        + " is free.",
                "Example: --out wuerstchen.zip"
            })
    private Path out;

    PackCommand(Path folder) {
        this.folder = folder;
    }

    @Override
    public Integer call() {
        Path archive = archive();
        try (ModelBundle bundle = ModelBundle.open(model)) {
            bundle.pack(archive);
            PrintWriter lines = spec.commandLine().getOut();
            lines.println("wrote " + archive);
            lines.println("fetch it with: " + MadeAgain.program() + " fetch ADDRESS --sha256 " + bundle.manifestSha256());
            lines.flush();
        }
        return ExitCode.OK;
    }

    private Path archive() {
        if (out != null) {
            if (!out.toString().endsWith(SUFFIX)) {
                throw new ParameterException(spec.commandLine(), "--out: the name of an archive must end with " + SUFFIX + ", got '" + out + "'");
            }
            return folder.resolve(out);
        }
        Path archive = folder.resolve(model.toAbsolutePath().normalize().getFileName() + SUFFIX);
        if (Files.exists(archive)) {
            throw new ParameterException(spec.commandLine(), archive + " is there already; give its name with --out to replace it");
        }
        return archive;
    }
}
