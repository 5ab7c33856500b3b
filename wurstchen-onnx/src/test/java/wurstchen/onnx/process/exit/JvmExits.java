package wurstchen.onnx.process.exit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.process.ChildJvm;

/** The JVM exits while graphs run on other threads, on whatever device a subclass says. */
abstract class JvmExits {
    /** 128 and the signal's number, as a shell reports it. */
    private static final int INTERRUPTED = 128 + 2;

    private static final int TERMINATED = 128 + 15;

    /** Starting takes seconds, on a busy machine tens of them. */
    private static final Duration HANGS_AFTER = Duration.ofMinutes(5);

    @TempDir
    private Path folder;

    /** How often in each way. */
    abstract int exits();

    /** How many JVMs at a time. */
    int atOnce() {
        return 1;
    }

    /**
     * Starts an {@link ExitProgram} on the device.
     *
     * @param crashes a folder of its own
     */
    abstract ChildJvm start(Path crashes, ExitProgram.Ending ending, int seed) throws IOException;

    /** What is done with one JVM. */
    @FunctionalInterface
    private interface Exit {
        void of(ChildJvm child) throws Exception;
    }

    private void repeat(ExitProgram.Ending ending, Exit exit) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(atOnce());
        try {
            List<Future<?>> exits = new ArrayList<>();
            for (int i = 0; i < exits(); i++) {
                int seed = i;
                exits.add(threads.submit(() -> {
                    Path crashes = Files.createDirectory(folder.resolve("exit-" + seed));
                    try (ChildJvm child = start(crashes, ending, seed).hangsAfter(HANGS_AFTER)) {
                        exit.of(child);
                    }
                    return null;
                }));
            }
            for (Future<?> each : exits) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
            threads.awaitTermination(HANGS_AFTER.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** Waits until it generates, does something to it, and expects it to end like this. */
    private void repeatWhileGenerating(ExitProgram.Ending ending, Exit then, int status) throws Exception {
        repeat(ending, child -> {
            child.await("generating");
            then.of(child);
            assertThat(child.exits(status)).containsExactly("generating");
        });
    }

    @Test
    void systemExit_duringRuns() throws Exception {
        repeatWhileGenerating(ExitProgram.Ending.EXIT, child -> {}, ExitProgram.STATUS);
    }

    @Test
    void systemExit_whilePartsAreOpenedAndClosed() throws Exception {
        repeatWhileGenerating(ExitProgram.Ending.EXIT_IN_LOW_MEMORY, child -> {}, ExitProgram.STATUS);
    }

    @Test
    void systemExit_inAListener() throws Exception {
        // It may be faster than the thread that prints.
        repeat(ExitProgram.Ending.EXIT_IN_LISTENER, child -> assertThat(child.exits(ExitProgram.STATUS)).isSubsetOf("generating"));
    }

    @Test
    void mainReturns_daemonThreadsAreInRuns() throws Exception {
        repeatWhileGenerating(ExitProgram.Ending.DAEMON, child -> {}, 0);
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void controlC_duringRuns() throws Exception {
        repeatWhileGenerating(ExitProgram.Ending.SIGNAL, child -> child.signal("INT"), INTERRUPTED);
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void terminationSignal_duringRuns() throws Exception {
        repeatWhileGenerating(ExitProgram.Ending.SIGNAL, child -> child.signal("TERM"), TERMINATED);
    }
}
