package wurstchen.onnx.internal.common;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Properties of this machine and process, in one place so that tests can replace them.
 *
 * @param properties the JVM's system properties, null for one that is not set
 * @param variables the process's environment, null for a variable that is not set
 * @param root the root of the file system
 */
public record HostSystem(Function<String, String> properties, Function<String, String> variables, Path root) {
    /** Lines of /proc/cpuinfo, on x86 and on ARM, that tell models of processors apart and do not change while the system runs. */
    private static final Set<String> PROCESSOR = Set.of(
            "vendor_id",
            "cpu family",
            "model",
            "model name",
            "flags",
            "CPU implementer",
            "CPU architecture",
            "CPU variant",
            "CPU part",
            "Features");

    /** Returns the machine that this JVM runs on. */
    public static HostSystem current() {
        return new HostSystem(System::getProperty, System::getenv, Path.of("/"));
    }

    public Optional<String> property(String name) {
        return Optional.ofNullable(properties.apply(name)).filter(value -> !value.isBlank());
    }

    public Optional<String> variable(String name) {
        return Optional.ofNullable(variables.apply(name)).filter(value -> !value.isBlank());
    }

    /** Returns the user's home folder; empty if there is none. Java reports {@code ?} for a user without an entry in the user database. */
    public Optional<Path> home() {
        try {
            return property("user.home").map(Path::of).filter(Path::isAbsolute);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    public boolean windows() {
        return osName().contains("win") && !mac();
    }

    public boolean mac() {
        return osName().contains("mac") || osName().contains("darwin");
    }

    public boolean linux() {
        return osName().contains("nux");
    }

    /** Returns the folder of this platform's libraries in ONNX Runtime's jar, such as {@code linux-x64}, by ONNX Runtime's own naming. */
    public String platform() {
        String os = mac() ? "osx" : windows() ? "win" : linux() ? "linux" : osName();
        String arch = property("os.arch").orElse("").toLowerCase(Locale.ROOT);
        return os + "-" + (arch.startsWith("amd64") || arch.startsWith("x86_64") ? "x64" : arch);
    }

    /** Returns the platform's file name of a library, such as {@code libonnxruntime.so}. */
    public String libraryFile(String name) {
        if (windows()) {
            return name + ".dll";
        }
        return "lib" + name + (mac() ? ".dylib" : ".so");
    }

    /**
     * Returns Linux's description of the first processor: its model and instructions. Machines with equal descriptions compute equally.
     *
     * @return empty on other systems
     */
    public Optional<String> processorFeatures() {
        try (Stream<String> lines = Files.lines(root.resolve("proc/cpuinfo"), StandardCharsets.ISO_8859_1)) {
            List<String> found = lines.takeWhile(line -> !line.isBlank())
                    .filter(line -> PROCESSOR.contains(line.split("\\s*:", 2)[0]))
                    .toList();
            return found.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", found));
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private String osName() {
        return property("os.name").orElse("").toLowerCase(Locale.ROOT);
    }
}
