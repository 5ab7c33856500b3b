package wurstchen.studio;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A studio in a process of its own, which can be killed. */
public final class StudioProcess implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("studio: open (http://\\S+)  \\(pictures go to .*\\)");

    private final Process process;
    private final String address;

    private StudioProcess(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /**
     * Starts one and waits until it serves.
     *
     * @param gallery folder of the pictures
     * @param arguments of the command line, such as "--port", "0"
     */
    public static StudioProcess start(Path gallery, String... arguments) throws IOException {
        return start(List.of(), gallery, arguments);
    }

    /**
     * Starts one with options of its Java runtime and waits until it serves.
     *
     * @param java such as "-Xmx256m"
     * @param gallery folder of the pictures
     * @param arguments of the command line
     */
    public static StudioProcess start(List<String> java, Path gallery, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(java);
        command.addAll(List.of(
                "-Dwurstchen.cache=" + System.getProperty("wurstchen.cache", gallery.resolveSibling("cache").toString()),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "wurstchen.studio.StudioCommand",
                "--gallery",
                gallery.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader out = new BufferedReader(process.inputReader(UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            Matcher address = ADDRESS.matcher(line);
            if (address.matches()) {
                drain(out);
                return new StudioProcess(process, address.group(1));
            }
        }
        throw new IllegalStateException("the studio did not start: " + lines);
    }

    private static void drain(BufferedReader out) {
        Thread thread = new Thread(() -> out.lines().forEach(line -> System.out.println("[studio] " + line)));
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns where it serves, with the token if it has one. */
    public String address() {
        return address;
    }

    /** Returns the port of the address. */
    public int port() {
        return URI.create(address).getPort();
    }

    /** Returns the process. */
    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Ends it at once, as a crash does. */
    public void kill() {
        process.destroyForcibly();
        join();
    }

    private void join() {
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the studio does not end");
            }
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    @Override
    public void close() {
        process.destroy();
        join();
    }
}
