package wurstchen.onnx.internal.binding;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import wurstchen.onnx.process.ProcessMemory;

/**
 * Measures what it costs to copy mapped weights when a model is opened, by their size, beside reading the mapped file once, which the first
 * picture would have to do. Linux only; the files are in the system's cache.
 *
 * <p>Usage: MappingCost FOLDER MEGABYTES...
 */
final class MappingCost {
    private static final int TIMES = 5;
    private static final int PAGE = 4096;

    private MappingCost() {}

    /** Measures and prints a row for each size. */
    public static void main(String[] args) throws IOException {
        System.out.println("| weights, MB | read once, ms | copy, ms | resident memory that is not shared, MB |\n| ---: | ---: | ---: | ---: |");
        for (String megabytes : Arrays.asList(args).subList(1, args.length)) {
            Path file = Files.createTempFile(Path.of(args[0]).toRealPath(), "weights", ".data");
            try {
                measure(file, Integer.parseInt(megabytes));
            } finally {
                Files.delete(file);
            }
        }
    }

    private static void measure(Path file, int megabytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (int i = 0; i < megabytes; i++) {
                byte[] part = new byte[1 << 20];
                Arrays.fill(part, (byte) (i + 1));
                channel.write(ByteBuffer.wrap(part));
            }
            double[] reading = new double[TIMES];
            double[] copying = new double[TIMES];
            long before = ProcessMemory.resident();
            long resident = 0;
            for (int i = 0; i < TIMES; i++) {
                MappedByteBuffer mapped = channel.map(MapMode.READ_ONLY, 0, (long) megabytes << 20);
                long start = System.nanoTime();
                read(mapped);
                long read = System.nanoTime();
                PrivateMappings.replace(Set.of(file));
                reading[i] = (read - start) / 1e6;
                copying[i] = (System.nanoTime() - read) / 1e6;
                resident = Math.max(resident, ProcessMemory.resident() - before);
                mapped = null;
                System.gc(); // Unmaps the copy.
            }
            System.out.printf(Locale.ROOT, "| %d | %.0f | %.0f | %d |%n", megabytes, median(reading), median(copying), resident >> 20);
        }
    }

    private static void read(MappedByteBuffer mapped) {
        int sum = 0;
        for (int at = 0; at < mapped.capacity(); at += PAGE) {
            sum += mapped.get(at);
        }
        if (sum == 0) {
            throw new IllegalStateException("expected weights, found zeros");
        }
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
