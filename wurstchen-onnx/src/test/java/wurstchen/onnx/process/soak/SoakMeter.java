package wurstchen.onnx.process.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import wurstchen.onnx.process.ProcessMemory;

/** Memory, threads and file descriptors of this process, from time to time. Linux only. */
final class SoakMeter {
    private static final long MEGABYTE = 1 << 20;

    private final List<Sample> samples = new ArrayList<>();

    /** At a moment, after a garbage collection: MB of the heap in use, MB resident, threads, file descriptors. */
    record Sample(long heap, long resident, int threads, int files) {
        @Override
        public String toString() {
            return "heap " + heap + " MB, resident " + resident + " MB, " + threads + " threads, " + files + " files";
        }
    }

    static Sample now() {
        System.gc();
        return new Sample(
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MEGABYTE,
                ProcessMemory.resident() / MEGABYTE,
                threads().size(),
                files());
    }

    /** Names of threads without those that the JDK or an idle pool keeps for a minute, of which there is one at most. */
    static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().matches("ForkJoinPool.commonPool.*|CompletableFutureDelayScheduler|wurstchen-request"))
                .map(thread -> thread.getId() + " " + thread.getName())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static int files() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return (int) files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void sample(String when) {
        Sample sample = now();
        samples.add(sample);
        System.out.println(when + ": " + sample);
    }

    /** By how much the largest value of the last third is above the largest of the third before; what comes before warms up. */
    long growth(ToLongFunction<Sample> value) {
        int third = samples.size() / 3;
        return largest(samples.subList(2 * third, samples.size()), value) - largest(samples.subList(third, 2 * third), value);
    }

    private static long largest(List<Sample> some, ToLongFunction<Sample> value) {
        return some.stream().mapToLong(value).max().orElseThrow();
    }
}
