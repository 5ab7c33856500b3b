package wurstchen.onnx.internal.doctor;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.cuda.CudaPackages;

/**
 * Finds shared libraries as Linux's dynamic linker does (ld.so(8)) and, for hints, in the usual places of CUDA installations outside the
 * linker's search path.
 */
final class LibrarySearch {
    static final String PATH_VARIABLE = "LD_LIBRARY_PATH";

    /** The linker's default folders on Red Hat and Debian. */
    private static final ImmutableList<String> DEFAULT_FOLDERS =
            ImmutableList.of("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib");

    private final HostSystem host;
    private final ImmutableList<Path> pathFolders;
    private final ImmutableListMultimap<String, Path> linkerCache;

    LibrarySearch(HostSystem host) {
        this.host = host;
        pathFolders = host.variable(PATH_VARIABLE).map(LibrarySearch::folders).orElse(ImmutableList.of());
        linkerCache = LinkerCache.read(host.root().resolve("etc/ld.so.cache"));
    }

    private static ImmutableList<Path> folders(String path) {
        ImmutableList.Builder<Path> folders = ImmutableList.builder();
        for (String folder : Splitter.on(':').omitEmptyStrings().split(path)) {
            try {
                folders.add(Path.of(folder).toAbsolutePath());
            } catch (InvalidPathException e) {
                // The linker finds nothing there either.
            }
        }
        return folders.build();
    }

    /**
     * Finds a library in the linker's search path.
     *
     * @param runPath of the library that needs it
     */
    Optional<Path> find(String name, List<Path> runPath) {
        return loaded(name)
                .or(() -> Stream.of(pathFolders, runPath)
                        .flatMap(List::stream)
                        .map(folder -> folder.resolve(name))
                        .filter(LibrarySearch::loads)
                        .findFirst())
                .or(() -> linkerCache.get(name).stream()
                        .map(this::underRoot)
                        .filter(LibrarySearch::loads)
                        .findFirst())
                .or(() -> defaults().map(folder -> folder.resolve(name)).filter(LibrarySearch::loads).findFirst());
    }

    /** Finds a library among those already loaded (by LD_PRELOAD or System.load), which the linker does not search for. */
    private Optional<Path> loaded(String name) {
        try (Stream<String> maps = Files.lines(host.root().resolve("proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return maps.filter(line -> line.endsWith("/" + name))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .filter(LibrarySearch::loads)
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /** Finds a library outside the linker's search path. */
    Optional<Path> findElsewhere(String name) {
        return elsewhere().stream().map(folder -> folder.resolve(name)).filter(LibrarySearch::loads).findFirst();
    }

    /** Finds all major versions of a library, such as {@code libcudart}, inside and outside the search path. */
    ImmutableList<Path> findOthers(String base, List<Path> runPath) {
        Set<Path> folders = new LinkedHashSet<>(pathFolders);
        folders.addAll(runPath);
        defaults().forEach(folders::add);
        folders.addAll(elsewhere());
        Set<Path> found = new LinkedHashSet<>();
        linkerCache.values().forEach(file -> found.add(underRoot(file)));
        folders.forEach(folder -> found.addAll(list(folder, base + ".so.*")));
        return found.stream()
                .filter(file -> CudaPackages.base(file.getFileName().toString()).equals(Optional.of(base)))
                .filter(LibrarySearch::loads)
                .collect(ImmutableList.toImmutableList());
    }

    /** Returns the places that {@link #find} searches. */
    String places(List<Path> runPath) {
        List<String> places = new ArrayList<>();
        places.add(PATH_VARIABLE + (pathFolders.isEmpty() ? " (not set)" : " (" + joined(pathFolders) + ")"));
        if (!runPath.isEmpty()) {
            places.add(joined(runPath));
        }
        places.add("what ldconfig knows");
        places.add(joined(defaults().toList()));
        return String.join(", ", places);
    }

    private static String joined(List<Path> folders) {
        return String.join(":", folders.stream().map(Path::toString).toList());
    }

    /** Returns whether the linker would load a file: it ignores libraries of other processors. */
    private static boolean loads(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try {
            return ElfFile.read(file).machine() == ElfFile.X86_64;
        } catch (IOException e) {
            return false;
        }
    }

    private Path underRoot(Path absolute) {
        return host.root().resolve(host.root().getFileSystem().getPath("/").relativize(absolute));
    }

    private Stream<Path> defaults() {
        return DEFAULT_FOLDERS.stream().map(host.root()::resolve).filter(Files::isDirectory);
    }

    /** Returns the folders of CUDA's installer, of conda, and of pip, in a virtual environment or for the system. */
    private List<Path> elsewhere() {
        List<Path> folders = new ArrayList<>();
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            host.variable(variable).ifPresent(cuda -> folders.add(Path.of(cuda, "lib64")));
        }
        for (Path cuda : list(host.root().resolve("usr/local"), "cuda*")) {
            folders.add(cuda.resolve("lib64"));
        }
        host.variable("CONDA_PREFIX").ifPresent(conda -> folders.add(Path.of(conda, "lib")));
        host.variable("VIRTUAL_ENV").ifPresent(environment -> folders.addAll(pip(Path.of(environment, "lib"))));
        folders.addAll(pip(host.root().resolve("usr/local/lib")));
        return folders;
    }

    private static List<Path> pip(Path lib) {
        List<Path> folders = new ArrayList<>();
        for (Path python : list(lib, "python3*")) {
            for (String packages : List.of("site-packages", "dist-packages")) {
                list(python.resolve(packages).resolve("nvidia"), "*").forEach(folder -> folders.add(folder.resolve("lib")));
            }
        }
        return folders;
    }

    private static List<Path> list(Path folder, String glob) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
            files.forEach(found::add);
        } catch (IOException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }
}
