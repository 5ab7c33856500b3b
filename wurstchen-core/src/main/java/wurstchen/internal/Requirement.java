package wurstchen.internal;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import wurstchen.WurstchenException;

/**
 * Something that the library calls at run time and that a program may lack: a jar, or a module of the Java runtime. {@link #checkAll} looks for
 * all of them before anything is computed. Uses nothing but the JDK.
 *
 * @param className a class of it
 * @param name what it is called
 * @param remedy how to add it
 */
public record Requirement(String className, String name, String remedy) {
    /** What this module needs. */
    private static final List<Requirement> CORE = List.of(
            library("com.google.common.collect.ImmutableList", "Guava", "com.google.guava:guava"),
            library("com.google.common.util.concurrent.internal.InternalFutures", "Guava's failureaccess", "com.google.guava:failureaccess"),
            library("com.fasterxml.jackson.core.JsonFactory", "Jackson", "com.fasterxml.jackson.core:jackson-core"),
            library("com.fasterxml.jackson.annotation.JsonFormat", "Jackson's annotations", "com.fasterxml.jackson.core:jackson-annotations"),
            library("com.fasterxml.jackson.databind.JsonNode", "Jackson's databind", "com.fasterxml.jackson.core:jackson-databind"),
            library("com.ibm.icu.text.Normalizer2", "ICU", "com.ibm.icu:icu4j"),
            library("org.apache.commons.imaging.Imaging", "Apache Commons Imaging", "org.apache.commons:commons-imaging"),
            library("org.apache.commons.io.IOUtils", "Apache Commons IO", "commons-io:commons-io"),
            library("org.apache.commons.lang3.ArrayUtils", "Apache Commons Lang", "org.apache.commons:commons-lang3"),
            runtimeModule("java.awt.image.BufferedImage", "java.desktop"));

    /** Returns a library that a jar brings. */
    public static Requirement library(String className, String name, String artifact) {
        return new Requirement(className, name, "add the artifact " + artifact + " to the class path or module path");
    }

    /** Returns a module of the Java runtime. */
    public static Requirement runtimeModule(String className, String module) {
        return new Requirement(className, "the Java runtime's module " + module, "add it to the image with jlink --add-modules " + module);
    }

    /**
     * Checks what this module needs, and more.
     *
     * @param more what the calling module needs
     * @throws WurstchenException naming everything that is missing, each with its remedy
     */
    public static void checkAll(List<Requirement> more) {
        checkAll(more, Requirement.class.getClassLoader());
    }

    static void checkAll(List<Requirement> more, ClassLoader loader) {
        String missing = Stream.concat(CORE.stream(), more.stream())
                .flatMap(requirement -> requirement.problem(loader).stream())
                .collect(Collectors.joining("; "));
        if (!missing.isEmpty()) {
            throw new WurstchenException("this program lacks what wurstchen needs: " + missing);
        }
    }

    private Optional<String> problem(ClassLoader loader) {
        try {
            Class.forName(className, false, loader);
            return Optional.empty();
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.of(name + " (no class " + className + "): " + remedy);
        }
    }
}
