package wurstchen.onnx.internal.binding;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.Jna;

/**
 * Replaces mappings of files in this process by memory of its own with the same contents, at the same addresses. ONNX Runtime maps weights
 * that it uses as they are, and a file that is truncated under a mapping ends the process with SIGBUS. Copying the weights before a graph is
 * opened would double the memory of those that ONNX Runtime arranges anew, because it could not free them.
 *
 * <p>Linux only. Windows refuses to truncate a file that is mapped.
 */
public final class PrivateMappings {
    private static final Path MAPS = Path.of("/proc/self/maps");

    /** "from-to permissions offset device inode path". Source: proc(5). */
    private static final Pattern LINE =
            Pattern.compile("([0-9a-f]+)-([0-9a-f]+) r\\S+ [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ \\d+ +(/.*)");

    // Source: mman.h of Linux, for x86-64 and AArch64.
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MREMAP_MAYMOVE = 1;
    private static final int MREMAP_FIXED = 2;
    private static final long FAILED = -1;

    private static final long MOST_BYTES_AT_ONCE = 1L << 28;

    private PrivateMappings() {}

    /** Part of the address space. */
    private record Mapping(long from, long to) {
        long bytes() {
            return to - from;
        }
    }

    /** Returns whether mappings can be replaced here. */
    public static boolean areSupported(HostSystem host) {
        return host.linux() && Jna.problem().isEmpty() && Files.isReadable(MAPS);
    }

    /**
     * Replaces all mappings of some files. Other threads may read them meanwhile. The files must not be truncated until this returns.
     *
     * @param files real paths
     * @throws IOException if a mapping cannot be replaced; those before it are
     */
    public static void replace(Set<Path> files) throws IOException {
        for (Mapping mapping : of(files)) {
            replace(mapping);
        }
    }

    private static List<Mapping> of(Set<Path> files) throws IOException {
        List<Mapping> found = new ArrayList<>();
        for (String line : Files.readString(MAPS, StandardCharsets.ISO_8859_1).split("\n")) {
            Matcher match = LINE.matcher(line);
            if (match.matches() && files.contains(path(match.group(3)))) {
                found.add(new Mapping(Long.parseUnsignedLong(match.group(1), 16), Long.parseUnsignedLong(match.group(2), 16)));
            }
        }
        return found;
    }

    private static Path path(String bytes) {
        return Path.of(new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    }

    /** Moves a copy over the mapping. The kernel does that in one step: whoever reads meanwhile waits. */
    private static void replace(Mapping mapping) throws IOException {
        long copy = libc("mmap").invokeLong(new Object[] {
            Pointer.NULL, mapping.bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L
        });
        if (copy == FAILED) {
            throw new IOException("no memory for " + mapping.bytes() + " bytes of weights");
        }
        for (long at = 0; at < mapping.bytes(); at += MOST_BYTES_AT_ONCE) {
            long bytes = Math.min(MOST_BYTES_AT_ONCE, mapping.bytes() - at);
            new Pointer(copy).getByteBuffer(at, bytes).put(new Pointer(mapping.from()).getByteBuffer(at, bytes));
        }
        long moved = libc("mremap").invokeLong(new Object[] {
            new Pointer(copy), mapping.bytes(), mapping.bytes(), MREMAP_MAYMOVE | MREMAP_FIXED, new Pointer(mapping.from())
        });
        if (moved != mapping.from()) {
            libc("munmap").invokeInt(new Object[] {new Pointer(copy), mapping.bytes()});
            throw new IOException("a mapping of " + mapping.bytes() + " bytes of weights cannot be replaced");
        }
    }

    private static Function libc(String name) {
        return NativeLibrary.getProcess().getFunction(name);
    }
}
