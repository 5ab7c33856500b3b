package wurstchen.onnx.internal.common;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * What this machine says about itself, in one place so that tests can say something else.
 *
 * @param properties the JVM's system properties, null for one that is not set
 * @param variables the process's environment, null for a variable that is not set
 * @param root the root of the file system
 */
public record HostSystem(Function<String, String> properties, Function<String, String> variables, Path root) {
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

    /** Returns the user's home folder; empty if there is none: Java says {@code ?} for a user without an entry in the system's list. */
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

    /** Returns the folder of ONNX Runtime's jar that holds this machine's libraries, such as {@code linux-x64}; its own rule. */
    public String platform() {
        String os = mac() ? "osx" : windows() ? "win" : linux() ? "linux" : osName();
        String arch = property("os.arch").orElse("").toLowerCase(Locale.ROOT);
        return os + "-" + (arch.startsWith("amd64") || arch.startsWith("x86_64") ? "x64" : arch);
    }

    /** Returns the file name of a library here, such as {@code libonnxruntime.so}. */
    public String libraryFile(String name) {
        if (windows()) {
            return name + ".dll";
        }
        return "lib" + name + (mac() ? ".dylib" : ".so");
    }

    private String osName() {
        return property("os.name").orElse("").toLowerCase(Locale.ROOT);
    }
}
