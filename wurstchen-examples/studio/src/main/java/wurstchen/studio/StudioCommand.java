package wurstchen.studio;

import com.google.common.io.BaseEncoding;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.WurstchenException;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.studio.http.StudioServer;

/** Starts a studio. */
@Command(
        name = "studio",
        sortOptions = false,
        usageHelpWidth = 110,
        mixinStandardHelpOptions = true,
        description = "Opens a model and serves a page that draws with it.",
        footer = {"", "Example:", "  java -jar studio.jar --port 8080"})
public final class StudioCommand implements Callable<Integer> {
    private static final String EMBEDDED = "wurstchen/model";
    private static final int TOKEN_BYTES = 18;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", description = "A bundle that the exporter wrote. Default: the miniature in the jar.")
    private Path model;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu", description = "cpu, cuda, cuda:1. Default: ${DEFAULT-VALUE}.")
    private String device;

    @Option(names = "--port", paramLabel = "N", defaultValue = "8710", description = "Default: ${DEFAULT-VALUE}; 0 takes a free one.")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Which address to listen on. Default: ${DEFAULT-VALUE}, this machine alone. With any other, clients need the token,"
                    + " and nothing is encrypted: put a proxy with TLS before it.")
    private String host;

    @Option(
            names = "--token",
            paramLabel = "TEXT",
            defaultValue = "${env:WURSTCHEN_STUDIO_TOKEN}",
            description = "What clients of other machines must show. Default: the variable WURSTCHEN_STUDIO_TOKEN, or a random one.")
    private String token;

    @Option(
            names = "--gallery",
            paramLabel = "DIR",
            description = "Where finished pictures are. Default: wurstchen-studio in your home folder.")
    private Path gallery;

    @Option(names = "--jobs", paramLabel = "N", defaultValue = "32", description = "How many jobs may wait. Default: ${DEFAULT-VALUE}.")
    private int jobs;

    /**
     * Runs until it is stopped.
     *
     * @param args as {@code --help} lists them
     */
    public static void main(String[] args) {
        CommandLine line = new CommandLine(new StudioCommand());
        line.setExecutionExceptionHandler((e, command, result) -> {
            if (!(e instanceof WurstchenException)) {
                throw e;
            }
            command.getErr().println("studio: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        Optional<String> needed = token();
        Studio studio = Studio.open(openModel(), device(), folder(), limits());
        StudioServer server;
        try {
            server = StudioServer.start(studio, host, port, needed);
        } catch (RuntimeException e) {
            studio.close();
            throw e;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            studio.close();
            server.close();
            stopped.countDown();
        }));
        spec.commandLine().getOut().println("studio: open " + address(server.port(), needed) + "  (pictures go to " + studio.gallery() + ")");
        spec.commandLine().getOut().flush();
        stopped.await();
        return CommandLine.ExitCode.OK;
    }

    private Device device() {
        try {
            return Device.parse(device);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
    }

    private Limits limits() {
        if (jobs < 1) {
            throw new ParameterException(spec.commandLine(), "--jobs must be at least 1, got " + jobs);
        }
        return Limits.USUAL.withJobs(jobs);
    }

    private ModelBundle openModel() {
        return model == null ? ModelBundle.openResource(StudioCommand.class, EMBEDDED) : ModelBundle.open(model);
    }

    private Path folder() {
        return gallery != null ? gallery : Path.of(System.getProperty("user.home"), "wurstchen-studio");
    }

    /** Other machines need a token; this one alone needs none unless it was asked for. */
    private Optional<String> token() {
        if (token != null && !token.isEmpty()) {
            return Optional.of(token);
        }
        if (isLoopback()) {
            return Optional.empty();
        }
        byte[] random = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(random);
        return Optional.of(BaseEncoding.base64Url().encode(random));
    }

    private boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new ParameterException(spec.commandLine(), "--host: no such address: " + host, e);
        }
    }

    private String address(int listening, Optional<String> needed) {
        return "http://" + (isLoopback() ? "localhost" : host) + ":" + listening + "/" + needed.map(text -> "?token=" + text).orElse("");
    }
}
