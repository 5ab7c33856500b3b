package wurstchen.onnx.process;

import static com.google.common.base.Preconditions.checkState;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** Whether a program's memory grows by more than it may, while it does the same again and again. */
final class MemoryGrowth {
    private final String name;
    private final ProcessMemory memory;
    private final long allowedMegabytes;
    private final Map<String, Long> before = new LinkedHashMap<>();

    /**
     * To be started after warming up.
     *
     * @param name of what the program does
     */
    MemoryGrowth(String name, ProcessMemory memory, long allowedMegabytes) {
        this.name = name;
        this.memory = memory;
        this.allowedMegabytes = allowedMegabytes;
    }

    /** After warming up. */
    void start() {
        before.putAll(memory.megabytes());
    }

    /** Prints how much there is, for whoever looks for the moment at which it grew. */
    void print(String when) {
        System.out.println(when + ": " + memory);
    }

    /**
     * Prints by how much each memory grew, such as {@code races added 1 MB of the host's memory}.
     *
     * @throws IllegalStateException if one grew by as much as is not allowed
     */
    void check() {
        checkState(!before.isEmpty(), "%s: not started", name);
        StringJoiner tooMuch = new StringJoiner("; ");
        memory.megabytes().forEach((kind, now) -> {
            long added = Math.max(0, now - before.get(kind));
            String growth = name + " added " + added + " MB of " + kind;
            System.out.println(growth);
            if (added >= allowedMegabytes) {
                tooMuch.add(growth + ", less than " + allowedMegabytes + " are allowed");
            }
        });
        checkState(tooMuch.length() == 0, "%s", tooMuch);
    }
}
