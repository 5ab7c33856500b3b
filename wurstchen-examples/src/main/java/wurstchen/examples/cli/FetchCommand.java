package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.net.URI;
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
import wurstchen.examples.cli.output.JobProgress;
import wurstchen.examples.cli.output.Terminal;
import wurstchen.onnx.BundleFetch;
import wurstchen.onnx.ModelBundle;

/** Fetches a bundle from a server into the cache. */
@Command(
        name = "fetch",
        usageHelpWidth = 110,
        description = {
            "Fetches a model bundle from a server into the user's cache and prints the folder, which --model takes. Every file is compared"
                    + " with the manifest. After a break, the same command continues; what is in the cache is not fetched again."
        },
        footer = {
            "",
            "Example:",
            "  java -jar wurstchen.jar fetch https://models.example.com/wuerstchen.zip --sha256 HASH"
        })
final class FetchCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Parameters(
            index = "0",
            paramLabel = "ADDRESS",
            description = "The http or https address of a folder with model.json, or of a .zip file that the command pack wrote.")
    private URI address;

    @Option(
            names = "--sha256",
            required = true,
            paramLabel = "HASH",
            description = {"The SHA-256 of model.json, which the command pack prints: 64 hexadecimal digits. It covers all files."})
    private String sha256;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = {"Where fetched bundles are stored. Default: the folder models of the user's cache.", "Example: --cache /srv/models"})
    private Path cache;

    FetchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        try (ModelBundle bundle = open()) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(bundle.folder().orElseThrow());
            out.flush();
        }
        return ExitCode.OK;
    }

    private ModelBundle open() {
        try (JobProgress progress = JobProgress.of("fetching", terminal, spec.commandLine().getErr())) {
            BundleFetch fetch = BundleFetch.from(address, sha256)
                    .progress(part -> progress.show(part.file(), (double) part.bytes() / Math.max(1, part.totalBytes())));
            if (cache != null) {
                fetch.cache(cache);
            }
            return fetch.open();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
