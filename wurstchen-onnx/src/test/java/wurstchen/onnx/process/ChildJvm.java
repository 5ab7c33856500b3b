package wurstchen.onnx.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A program of the tests in a JVM of its own, of the same Java as this one: what would crash this JVM crashes that one, and is a failed test.
 * Its heap has a fixed size, and its compiler and its malloc keep little, so that its memory grows by what the program takes natively.
 */
public final class ChildJvm implements AutoCloseable {
    /** Time for a program that hangs to say where. */
    private static final Duration DUMP = Duration.ofSeconds(5);

    /** Bit of SIGINT in the masks of /proc/self/status. */
    private static final long SIGINT_BIT = 1L << (2 - 1);

    private static final ImmutableList<String> INHERITED = ImmutableList.of(
            "-Donnxruntime.", "-Dwurstchen.", "-Djna.", "-Djava.library.path=", "-Djava.io.tmpdir=", "--enable-native-access");

    private final Path folder;
    private final Process process;
    private final BufferedReader output;
    private final List<String> lines = new ArrayList<>();
    private volatile boolean hung;

    /**
     * Starts a program.
     *
     * @param folder where a crash leaves its report
     */
    public ChildJvm(Path folder, Class<?> program, String... arguments) throws IOException {
        this(folder, List.of(), System.getProperty("java.class.path"), System.getenv(), program, arguments);
    }

    /**
     * Starts a program with options of the JVM.
     *
     * @param options come after those of every child, so they win
     */
    public static ChildJvm withOptions(Path folder, List<String> options, Class<?> program, String... arguments) throws IOException {
        return new ChildJvm(folder, options, System.getProperty("java.class.path"), System.getenv(), program, arguments);
    }

    /** Starts a program in another environment than this JVM's. */
    public static ChildJvm withOnlyTheseVariables(Path folder, Map<String, String> variables, Class<?> program) throws IOException {
        return new ChildJvm(folder, List.of(), System.getProperty("java.class.path"), variables, program);
    }

    /** Ends the program if it takes longer: it hangs, and its output ends with what its threads do. */
    public ChildJvm hangsAfter(Duration limit) {
        Executor later = CompletableFuture.delayedExecutor(limit.toSeconds(), TimeUnit.SECONDS);
        CompletableFuture.runAsync(this::endHanging, later);
        return this;
    }

    private void endHanging() {
        if (!process.isAlive()) {
            return;
        }
        hung = true;
        try {
            signal("QUIT");
            process.waitFor(DUMP.toSeconds(), TimeUnit.SECONDS);
        } catch (IOException | InterruptedException e) {
            e.printStackTrace();
        } finally {
            process.destroyForcibly();
        }
    }

    private ChildJvm(
            Path folder,
            List<String> options,
            String classPath,
            Map<String, String> variables,
            Class<?> program,
            String... arguments)
            throws IOException {
        this.folder = folder;
        List<String> command = new ArrayList<>(interruptible());
        command.addAll(java(folder));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath));
        command.add(program.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(variables);
        // glibc would give each of many threads an arena of its own, and each would keep its largest use: reloads then seemed to add 30 MB.
        builder.environment().put("MALLOC_ARENA_MAX", "1");
        builder.environment().put("MALLOC_TRIM_THRESHOLD_", "65536");
        process = builder.start();
        output = process.inputReader(UTF_8);
    }

    /** Starts a program where JNA is not on the class path. */
    public static ChildJvm withoutJna(Path folder, Class<?> program, String... arguments) throws IOException {
        List<String> all = List.of(System.getProperty("java.class.path").split(File.pathSeparator));
        List<String> others = all.stream().filter(entry -> !entry.matches(".*\\bjna-[0-9.]+\\.jar")).toList();
        assertThat(others).as("class path without JNA's jar").hasSize(all.size() - 1);
        return new ChildJvm(folder, List.of(), String.join(File.pathSeparator, others), System.getenv(), program, arguments);
    }

    private static List<String> java(Path folder) {
        List<String> java = new ArrayList<>();
        java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        java.addAll(List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1", "-XX:-CreateCoredumpOnCrash"));
        java.add("-XX:ErrorFile=" + folder.resolve("hs_err_%p.log"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(ChildJvm::isInherited).forEach(java::add);
        return java;
    }

    /** Where this JVM finds ONNX Runtime and JNA, and whether Java may call them. The environment, with its library path, is inherited. */
    private static boolean isInherited(String option) {
        return INHERITED.stream().anyMatch(option::startsWith);
    }

    /** A shell starts what runs in the background without SIGINT, which processes inherit; on Linux, this gives it back. */
    private static List<String> interruptible() throws IOException {
        boolean ignored = status(ProcessHandle.current().pid(), "SigIgn:\\s+(\\p{XDigit}+)", 16) % (2 * SIGINT_BIT) / SIGINT_BIT != 0;
        return ignored ? List.of("env", "--default-signal=INT") : List.of();
    }

    /** A number of a line of /proc/PID/status; 0 where there is no such file. */
    private static long status(long pid, String line, int radix) throws IOException {
        Path status = Path.of("/proc/" + pid + "/status");
        if (!Files.exists(status)) {
            return 0;
        }
        Matcher found = Pattern.compile(line).matcher(Files.readString(status));
        assertThat(found.find()).as("%s in %s", line, status).isTrue();
        return Long.parseUnsignedLong(found.group(1), radix);
    }

    /** Waits for a line of output. */
    public void await(String line) throws IOException {
        while (!lines.contains(line)) {
            String next = output.readLine();
            assertThat(next).as("output before '%s': %s", line, lines).isNotNull();
            lines.add(next);
        }
    }

    /** Sends a signal, such as INT, which is Ctrl-C, or TERM. Java's own way would close the output. */
    public void signal(String name) throws IOException, InterruptedException {
        // A bare host may have no program of that name, but every shell has it built in.
        int status = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start().waitFor();
        assertThat(status).as("exit status of kill").isZero();
    }

    /**
     * Waits for the program.
     *
     * @return what it printed, line by line
     * @throws AssertionError if it exits otherwise, crashes or hangs
     */
    public ImmutableList<String> exits(int status) throws IOException, InterruptedException {
        try (this) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
            }
            int found = process.waitFor();
            String printed = String.join("\n", lines);
            assertThat(hung).as("whether it hangs; output: %s", printed).isFalse();
            assertThat(found).as("exit status; output: %s", printed).isEqualTo(status);
            try (Stream<Path> reports = Files.list(folder)) {
                assertThat(reports).as("reports of crashes").isEmpty();
            }
            return ImmutableList.copyOf(lines);
        }
    }

    /** Ends the program if it still runs. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
