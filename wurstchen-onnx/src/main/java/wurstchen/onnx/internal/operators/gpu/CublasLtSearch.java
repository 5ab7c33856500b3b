package wurstchen.onnx.internal.operators.gpu;

import com.google.common.collect.ImmutableList;
import com.sun.jna.NativeLibrary;
import com.sun.jna.WString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * Finds the cuBLASLt that ONNX Runtime's CUDA provider has loaded into this process: a machine may have those of several versions of CUDA, and
 * the driver may not run them all.
 */
final class CublasLtSearch {
    /** A mapped file of Linux, such as {@code /usr/lib/x86_64-linux-gnu/libcublasLt.so.12.9.1.4}. */
    private static final Pattern MAPPED = Pattern.compile("\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s+(/.*/libcublasLt\\.so[.\\d]*)");

    /** Names on Windows, of CUDA 13 and 12. */
    private static final ImmutableList<String> WINDOWS = ImmutableList.of("cublasLt64_13.dll", "cublasLt64_12.dll");

    private CublasLtSearch() {}

    /** Returns the library, which stays loaded; empty if none is. */
    static Optional<NativeLibrary> loaded(HostSystem host) {
        return name(host).map(NativeLibrary::getInstance);
    }

    /** Returns the path or the name of the library that is loaded. */
    static Optional<String> name(HostSystem host) {
        return host.windows() ? WINDOWS.stream().filter(CublasLtSearch::isLoaded).findFirst() : mapped(host.root());
    }

    private static Optional<String> mapped(Path root) {
        // Paths may have any bytes.
        try (Stream<String> maps = Files.lines(root.resolve("proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return maps.map(MAPPED::matcher).filter(Matcher::matches).map(line -> line.group(1)).findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static boolean isLoaded(String name) {
        return NativeLibrary.getInstance("kernel32").getFunction("GetModuleHandleW").invokeLong(new Object[] {new WString(name)}) != 0;
    }
}
