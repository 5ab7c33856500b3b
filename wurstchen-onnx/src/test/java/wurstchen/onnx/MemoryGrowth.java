package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkState;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/** Whether memory grows by more than it may. Memory of a process is known on Linux only. */
final class MemoryGrowth {
    private final String name;
    private final long allowedMegabytes;
    private final LongSupplier kilobytes;
    private long before;

    /** Of this process. */
    MemoryGrowth(String name, long allowedMegabytes) {
        this(name, allowedMegabytes, MemoryGrowth::resident);
    }

    /** Of something else. */
    MemoryGrowth(String name, long allowedMegabytes, LongSupplier kilobytes) {
        this.name = name;
        this.allowedMegabytes = allowedMegabytes;
        this.kilobytes = kilobytes;
    }

    private static long resident() {
        Path status = Path.of("/proc/self/status");
        try {
            String line = Files.readAllLines(status).stream().filter(each -> each.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", ""));
        } catch (IOException e) {
            throw new IllegalStateException("cannot tell this process's memory: that needs Linux and its " + status, e);
        }
    }

    /** After warming up. */
    void start() {
        before = kilobytes.getAsLong();
    }

    /** Prints by how much it grew, and throws if that is too much. */
    void check() {
        checkState(before > 0, "%s: memory is not known", name);
        long megabytes = Math.max(0, kilobytes.getAsLong() - before) / 1024;
        System.out.println(name + " added " + megabytes + " MB");
        checkState(megabytes < allowedMegabytes, "%s added %s MB, less than %s are allowed", name, megabytes, allowedMegabytes);
    }
}
