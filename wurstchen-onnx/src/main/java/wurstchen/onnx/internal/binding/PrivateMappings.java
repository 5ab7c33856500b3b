package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.Jna;
import wurstchen.onnx.internal.common.OrtWork;

/**
 * Replaces mappings of files in this process by memory of its own with the same contents, at the same addresses. ONNX Runtime maps weights
 * that it uses as they are, and a file that is truncated under a mapping ends the process with SIGBUS. Copying the weights before a graph is
 * opened would double the memory of those that ONNX Runtime arranges anew, because it could not free them.
 *
 * <p>Linux only. Windows refuses to truncate a file that is mapped.
 */
public final class PrivateMappings {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Path MEMORY = Path.of("/proc/self/mem");

    /**
     * "from-to permissions offset device inode path". Source: proc(5). A path may have bytes that end a line for a regular expression, as
     * U+00C5 has in UTF-8.
     */
    private static final Pattern LINE =
            Pattern.compile("([0-9a-f]+)-([0-9a-f]+) r\\S+ [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ \\d+ +(/.*)", Pattern.DOTALL);

    // Source: mman.h of Linux, for x86-64 and AArch64.
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MREMAP_MAYMOVE = 1;
    private static final int MREMAP_FIXED = 2;
    private static final long FAILED = -1;

    private static final long MOST_BYTES_AT_ONCE = 1L << 28;

    /**
     * Excludes sessions that are opened or closed, and with it map and unmap files, while mappings are replaced: what is listed would be gone,
     * or be something else.
     */
    private static final ReadWriteLock LOCK = new ReentrantReadWriteLock();

    private PrivateMappings() {}

    /** Opens or closes a session: work that maps or unmaps files. */
    public static void whileNoneIsReplaced(OrtWork work) throws OrtException {
        LOCK.readLock().lock();
        try {
            work.run();
        } finally {
            LOCK.readLock().unlock();
        }
    }

    /** Part of the address space. */
    private record Mapping(long from, long to) {
        long bytes() {
            return to - from;
        }
    }

    /** Returns whether mappings can be replaced here. */
    public static boolean areSupported(HostSystem host) {
        return host.linux() && Jna.problem().isEmpty() && Files.isReadable(MAPS) && Files.isReadable(MEMORY);
    }

    /**
     * Replaces all mappings of some files. Other threads may read them meanwhile. The files must not be truncated until this returns.
     *
     * @param files real paths
     * @throws IOException if a mapping cannot be replaced; those before it are
     */
    public static void replace(Set<Path> files) throws IOException {
        LOCK.writeLock().lock();
        try (FileChannel memory = FileChannel.open(MEMORY, StandardOpenOption.READ)) {
            for (Mapping mapping : of(files)) {
                replace(mapping, memory);
            }
        } finally {
            LOCK.writeLock().unlock();
        }
    }

    private static List<Mapping> of(Set<Path> files) throws IOException {
        Set<String> listed = files.stream().map(PrivateMappings::listed).collect(Collectors.toSet());
        List<Mapping> found = new ArrayList<>();
        for (String line : Files.readString(MAPS, StandardCharsets.ISO_8859_1).split("\n")) {
            Matcher match = LINE.matcher(line);
            if (match.matches() && listed.contains(match.group(3))) {
                found.add(new Mapping(Long.parseUnsignedLong(match.group(1), 16), Long.parseUnsignedLong(match.group(2), 16)));
            }
        }
        return found;
    }

    /**
     * Returns a path as the kernel lists it, each of its bytes as a character, and a line break as {@code \\012}. Paths are compared so because
     * those of other files in the list may be none in this process's character set.
     */
    private static String listed(Path file) {
        String path = URLDecoder.decode(file.toUri().getRawPath().replace("+", "%2B"), StandardCharsets.ISO_8859_1);
        return path.replace("\n", "\\012");
    }

    /** Moves a copy over the mapping. The kernel does that in one step: whoever reads meanwhile waits. */
    private static void replace(Mapping mapping, FileChannel memory) throws IOException {
        long copy = libc("mmap").invokeLong(new Object[] {
            Pointer.NULL, mapping.bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L
        });
        if (copy == FAILED) {
            throw new IOException("no memory for " + mapping.bytes() + " bytes of weights");
        }
        try {
            read(memory, mapping, new Pointer(copy));
        } catch (IOException e) {
            unmap(copy, mapping);
            throw e;
        }
        long moved = libc("mremap").invokeLong(new Object[] {
            new Pointer(copy), mapping.bytes(), mapping.bytes(), MREMAP_MAYMOVE | MREMAP_FIXED, new Pointer(mapping.from())
        });
        if (moved != mapping.from()) {
            unmap(copy, mapping);
            throw new IOException("a mapping of " + mapping.bytes() + " bytes of weights cannot be replaced");
        }
    }

    /** Copies through the kernel: where a file was truncated meanwhile, reading fails instead of ending the process. */
    private static void read(FileChannel memory, Mapping mapping, Pointer to) throws IOException {
        for (long at = 0; at < mapping.bytes(); ) {
            long bytes = Math.min(MOST_BYTES_AT_ONCE, mapping.bytes() - at);
            int count = memory.read(to.getByteBuffer(at, bytes), mapping.from() + at);
            if (count <= 0) {
                throw new IOException("a mapping of " + mapping.bytes() + " bytes of weights cannot be read");
            }
            at += count;
        }
    }

    private static void unmap(long copy, Mapping mapping) {
        libc("munmap").invokeInt(new Object[] {new Pointer(copy), mapping.bytes()});
    }

    private static Function libc(String name) {
        return NativeLibrary.getProcess().getFunction(name);
    }
}
