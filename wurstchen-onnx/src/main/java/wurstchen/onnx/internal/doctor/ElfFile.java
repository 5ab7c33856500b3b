package wurstchen.onnx.internal.doctor;

import com.google.common.collect.ImmutableList;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The fields of a shared library that the dynamic linker reads: the section ".dynamic" of System V's ELF specification, 64 bits, little
 * endian. Reads a few kilobytes, whatever the size of the file.
 *
 * @param machine the processor (e_machine)
 * @param soname the name under which others need it; empty if it has none
 * @param needed names of the libraries it needs, in the file's order
 * @param runPath folders to search for them, as written ($ORIGIN not replaced)
 */
record ElfFile(int machine, Optional<String> soname, ImmutableList<String> needed, ImmutableList<String> runPath) {
    static final int X86_64 = 62;
    static final int AARCH64 = 183;

    private static final int HEADER = 64;
    private static final int SEGMENT = 56;
    private static final int LOADED_SEGMENT = 1;
    private static final int DYNAMIC_SEGMENT = 2;
    private static final int TAG_NEEDED = 1;
    private static final int TAG_STRINGS = 5;
    private static final int TAG_SONAME = 14;
    private static final int TAG_RPATH = 15;
    private static final int TAG_RUNPATH = 29;
    private static final int MOST_BYTES = 1 << 20;

    /**
     * Reads a file.
     *
     * @throws IOException if it is not a complete shared library
     */
    static ElfFile read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer header = bytes(channel, 0, HEADER);
            // 0x7f, "ELF", 64 bits, little endian.
            if (header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1) {
                throw new IOException(file + " is no 64-bit shared library");
            }
            return new Reader(file, channel, segments(channel, header)).read(Short.toUnsignedInt(header.getShort(18)));
        }
    }

    private record Segment(int type, long offset, long address, long bytes) {}

    private static List<Segment> segments(FileChannel channel, ByteBuffer header) throws IOException {
        long table = header.getLong(32);
        int count = Short.toUnsignedInt(header.getShort(56));
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ByteBuffer entry = bytes(channel, table + (long) i * SEGMENT, SEGMENT);
            segments.add(new Segment(entry.getInt(0), entry.getLong(8), entry.getLong(16), entry.getLong(32)));
        }
        return segments;
    }

    private static ByteBuffer bytes(FileChannel channel, long position, long count) throws IOException {
        if (position < 0 || count < 0 || count > MOST_BYTES || position > channel.size() - count) {
            throw new EOFException("the library is cut off or damaged");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) > 0) {}
        if (bytes.hasRemaining()) {
            throw new EOFException("the library is cut off or damaged");
        }
        return bytes.flip();
    }

    private record Reader(Path file, FileChannel channel, List<Segment> segments) {
        ElfFile read(int machine) throws IOException {
            Segment dynamic = segments.stream()
                    .filter(segment -> segment.type() == DYNAMIC_SEGMENT)
                    .findFirst()
                    .orElseThrow(() -> new IOException(file + " is no shared library"));
            ByteBuffer entries = bytes(channel, dynamic.offset(), dynamic.bytes());
            long strings = offset(value(entries, TAG_STRINGS).orElseThrow(() -> new IOException(file + " has no names")));
            return new ElfFile(
                    machine,
                    text(strings, value(entries, TAG_SONAME)),
                    needed(entries, strings),
                    folders(text(strings, value(entries, TAG_RUNPATH).or(() -> value(entries, TAG_RPATH)))));
        }

        private ImmutableList<String> needed(ByteBuffer entries, long strings) throws IOException {
            ImmutableList.Builder<String> needed = ImmutableList.builder();
            for (int at = 0; at + 16 <= entries.limit() && entries.getLong(at) != 0; at += 16) {
                if (entries.getLong(at) == TAG_NEEDED) {
                    needed.add(text(strings + entries.getLong(at + 8)));
                }
            }
            return needed.build();
        }

        private static ImmutableList<String> folders(Optional<String> path) {
            return path.map(text -> ImmutableList.copyOf(text.split(":"))).orElse(ImmutableList.of());
        }

        private static Optional<Long> value(ByteBuffer entries, int tag) {
            for (int at = 0; at + 16 <= entries.limit() && entries.getLong(at) != 0; at += 16) {
                if (entries.getLong(at) == tag) {
                    return Optional.of(entries.getLong(at + 8));
                }
            }
            return Optional.empty();
        }

        private Optional<String> text(long strings, Optional<Long> at) throws IOException {
            return at.isPresent() ? Optional.of(text(strings + at.get())) : Optional.empty();
        }

        private String text(long position) throws IOException {
            ByteBuffer bytes = bytes(channel, position, Math.min(4096, Math.max(0, channel.size() - position)));
            int end = 0;
            while (end < bytes.limit() && bytes.get(end) != 0) {
                end++;
            }
            return new String(bytes.array(), 0, end, StandardCharsets.UTF_8);
        }

        /** Converts an address in memory to an offset in the file. */
        private long offset(long address) throws IOException {
            return segments.stream()
                    .filter(segment -> segment.type() == LOADED_SEGMENT
                            && address >= segment.address()
                            && address - segment.address() < segment.bytes())
                    .findFirst()
                    .map(segment -> segment.offset() + address - segment.address())
                    .orElseThrow(() -> new EOFException("the library is cut off or damaged"));
        }
    }
}
