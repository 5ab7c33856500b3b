package wurstchen.onnx.internal.doctor;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import wurstchen.onnx.internal.cuda.CudaPackages;

/**
 * The libraries that ONNX Runtime's CUDA provider needs, directly or indirectly, and where the dynamic linker finds them.
 *
 * @param cuda the major version of CUDA that the provider was built for; empty if it needs no CUDA library
 * @param all CUDA libraries, found or not, and missing system libraries
 */
record CudaLibraries(OptionalInt cuda, ImmutableList<Needed> all) {
    /** cuDNN, which the provider loads at its start and does not list as needed. */
    static final String CUDNN = "libcudnn.so.9";

    private static final Pattern VERSIONED = Pattern.compile("lib(?:cudart|cublas|cublasLt)\\.so\\.(\\d+)");

    /**
     * A needed library.
     *
     * @param name as the linker requests it, such as {@code libcublas.so.12}
     * @param file where the linker finds it; empty if it does not
     * @param elsewhere where it is outside the linker's search path; only if it is missing
     * @param others files of other versions; only if it is missing
     * @param searched where the linker looks
     */
    record Needed(String name, Optional<Path> file, Optional<Path> elsewhere, ImmutableList<Path> others, String searched) {
        boolean missing() {
            return file.isEmpty();
        }
    }

    /**
     * Follows the needed libraries of a provider.
     *
     * @throws IOException if the provider is not a complete shared library
     */
    static CudaLibraries of(Path provider, LibrarySearch search) throws IOException {
        ElfFile elf = ElfFile.read(provider);
        return new CudaLibraries(cudaVersion(elf), new Walk(search).from(elf, provider));
    }

    private static OptionalInt cudaVersion(ElfFile provider) {
        return provider.needed().stream()
                .map(VERSIONED::matcher)
                .filter(Matcher::matches)
                .mapToInt(name -> Integer.parseInt(name.group(1)))
                .max();
    }

    /** Walks breadth first, each name once, because a loaded library is not searched for again. */
    private static final class Walk {
        private record Wanted(String name, List<Path> runPath) {}

        private final LibrarySearch search;
        private final Set<String> seen = new HashSet<>();
        private final Deque<Wanted> wanted = new ArrayDeque<>();
        private final ImmutableList.Builder<Needed> found = ImmutableList.builder();

        Walk(LibrarySearch search) {
            this.search = search;
        }

        ImmutableList<Needed> from(ElfFile provider, Path file) throws IOException {
            want(provider, file);
            wanted.add(new Wanted(CUDNN, List.of()));
            while (!wanted.isEmpty()) {
                Wanted next = wanted.remove();
                if (seen.add(next.name())) {
                    look(next);
                }
            }
            return found.build();
        }

        private void want(ElfFile elf, Path file) {
            String origin = String.valueOf(file.getParent());
            List<Path> runPath = elf.runPath().stream()
                    .map(folder -> folder.replace("$ORIGIN", origin).replace("${ORIGIN}", origin))
                    .map(Path::of)
                    .toList();
            elf.needed().forEach(name -> wanted.add(new Wanted(name, runPath)));
        }

        private void look(Wanted next) throws IOException {
            Optional<Path> file = search.find(next.name(), next.runPath());
            if (file.isPresent()) {
                want(ElfFile.read(file.get()), file.get());
            }
            // The C library is of no interest unless it is missing.
            if (file.isEmpty() || CudaPackages.isCuda(next.name())) {
                found.add(needed(next, file));
            }
        }

        private Needed needed(Wanted next, Optional<Path> file) {
            String searched = search.places(next.runPath());
            if (file.isPresent()) {
                return new Needed(next.name(), file, Optional.empty(), ImmutableList.of(), searched);
            }
            ImmutableList<Path> others = CudaPackages.base(next.name())
                    .map(base -> search.findOthers(base, next.runPath()))
                    .orElse(ImmutableList.of());
            return new Needed(next.name(), file, search.findElsewhere(next.name()), others, searched);
        }
    }
}
