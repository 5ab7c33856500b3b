package wurstchen.onnx.internal.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The smallest file that the dynamic linker would take for a shared library: headers, names, and no code. */
final class FakeElf {
    private static final int HEADERS = 64 + 2 * 56;

    /** Memory is laid out otherwise than the file, as in real libraries. */
    private static final long ADDRESS = 0x400000;

    private final List<Long> entries = new ArrayList<>();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private int machine = ElfFile.X86_64;

    private FakeElf() {
        strings.write(0);
    }

    /** A library that needs others. */
    static FakeElf needing(String... names) {
        FakeElf elf = new FakeElf();
        for (String name : names) {
            elf.entry(1, elf.text(name));
        }
        return elf;
    }

    FakeElf soname(String name) {
        entry(14, text(name));
        return this;
    }

    FakeElf runPath(String folders) {
        entry(29, text(folders));
        return this;
    }

    FakeElf rPath(String folders) {
        entry(15, text(folders));
        return this;
    }

    FakeElf machine(int value) {
        machine = value;
        return this;
    }

    Path write(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes());
    }

    byte[] bytes() {
        List<Long> all = new ArrayList<>(entries);
        int dynamicBytes = (all.size() / 2 + 2) * 16;
        int stringsAt = HEADERS + dynamicBytes;
        all.addAll(List.of(5L, ADDRESS + stringsAt, 0L, 0L));
        int size = stringsAt + strings.size();
        ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        file.putShort((short) 3).putShort((short) machine).putInt(1).putLong(0).putLong(64).putLong(0);
        file.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 2);
        file.position(64);
        segment(file, 1, 0, size);
        segment(file, 2, HEADERS, dynamicBytes);
        all.forEach(file::putLong);
        return file.put(strings.toByteArray()).array();
    }

    private static void segment(ByteBuffer file, int type, long offset, long bytes) {
        file.putInt(type).putInt(4).putLong(offset).putLong(ADDRESS + offset).putLong(ADDRESS + offset);
        file.putLong(bytes).putLong(bytes).putLong(8);
    }

    private void entry(long tag, long value) {
        entries.add(tag);
        entries.add(value);
    }

    private long text(String text) {
        int at = strings.size();
        strings.writeBytes(text.getBytes(UTF_8));
        strings.write(0);
        return at;
    }
}
