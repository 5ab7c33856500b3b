package wurstchen.onnx.internal.doctor;

import com.google.common.collect.ImmutableListMultimap;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads {@code /etc/ld.so.cache}, in which {@code ldconfig} lists libraries for glibc's dynamic linker (struct cache_file_new of glibc's
 * dl-cache.h).
 */
final class LinkerCache {
    private static final byte[] MAGIC = "glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER = 48;
    private static final int ENTRY = 24;

    private LinkerCache() {}

    /** Returns the paths by library name, in the linker's order; empty if there is no such file or its format is unknown. */
    static ImmutableListMultimap<String, Path> read(Path file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int start = start(bytes.array());
            return start < 0 ? ImmutableListMultimap.of() : entries(bytes, start);
        } catch (IOException | BufferUnderflowException | IndexOutOfBoundsException e) {
            return ImmutableListMultimap.of();
        }
    }

    /** Returns the start of the data: older versions of ldconfig write an older format first and this one after it. */
    private static int start(byte[] bytes) {
        for (int at = 0; at + HEADER <= bytes.length; at += 4) {
            if (Arrays.equals(bytes, at, at + MAGIC.length, MAGIC, 0, MAGIC.length)) {
                return at;
            }
        }
        return -1;
    }

    private static ImmutableListMultimap<String, Path> entries(ByteBuffer bytes, int start) {
        int count = bytes.getInt(start + MAGIC.length);
        ImmutableListMultimap.Builder<String, Path> paths = ImmutableListMultimap.builder();
        for (int i = 0; i < count; i++) {
            int entry = start + HEADER + i * ENTRY;
            paths.put(text(bytes, start + bytes.getInt(entry + 4)), Path.of(text(bytes, start + bytes.getInt(entry + 8))));
        }
        return paths.build();
    }

    private static String text(ByteBuffer bytes, int from) {
        int end = from;
        while (bytes.get(end) != 0) {
            end++;
        }
        return new String(bytes.array(), from, end - from, StandardCharsets.UTF_8);
    }
}
