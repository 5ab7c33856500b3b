package wurstchen.onnx.internal.doctor;

import java.util.List;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.library.LibraryCache;
import wurstchen.onnx.internal.library.OrtArtifact;
import wurstchen.onnx.internal.library.LibraryPlaces;
import wurstchen.onnx.internal.library.PackedLibrary;

/** Examines ONNX Runtime's artifact and where its libraries come from. */
final class OrtExamination {
    private final HostSystem host;
    private final OrtArtifact artifact;
    private final Findings findings;

    OrtExamination(HostSystem host, OrtArtifact artifact, Findings findings) {
        this.host = host;
        this.artifact = artifact;
        this.findings = findings;
    }

    /**
     * Returns the folder of the libraries; empty if the device cannot use them, or if they are unpacked at every start.
     *
     * @param cuda whether they must support a GPU
     * @param thorough whether to read every byte in the cache
     */
    Optional<OrtFolder> examine(boolean cuda, boolean thorough) {
        findings.line("ONNX Runtime", describeArtifact());
        try {
            Optional<OrtFolder> chosen = LibraryPlaces.chosenByUser(host).map(path -> new OrtFolder(path, host));
            if (chosen.isPresent()) {
                findings.line("libraries", chosen.get().path() + ", as -D" + LibraryPlaces.NATIVE_PATH + " says");
                return chosen;
            }
            checkArtifact(cuda);
            return artifact.hasCuda() ? Optional.of(cache(thorough)) : ofCpu(thorough);
        } catch (WurstchenException e) {
            findings.problem(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private String describeArtifact() {
        String without = artifact.libraries().isEmpty() ? "no libraries for " + artifact.platform() : "onnxruntime";
        return (artifact.hasCuda() ? "onnxruntime_gpu" : without) + artifact.version().map(version -> " " + version).orElse("")
                + (artifact.jars().isEmpty() ? ", no jar on the class path" : ", " + String.join(" and ", artifact.jars()));
    }

    private void checkArtifact(boolean cuda) {
        if (artifact.jars().size() > 1) {
            findings.problem("ONNX Runtime is on the class path " + artifact.jars().size() + " times: "
                    + String.join(" and ", artifact.jars()) + "; keep one, onnxruntime_gpu for a GPU");
        } else if (artifact.libraries().isEmpty()) {
            findings.problem("the class path has no ONNX Runtime for " + artifact.platform()
                    + ": add com.microsoft.onnxruntime:onnxruntime, or onnxruntime_gpu for a GPU");
        } else if (cuda && !artifact.hasCuda()) {
            findings.problem("the class path holds the artifact onnxruntime, which was built without CUDA: use onnxruntime_gpu"
                    + " instead of it (in this project: mvn -Pcuda; in yours: exclude com.microsoft.onnxruntime:onnxruntime and add"
                    + " com.microsoft.onnxruntime:onnxruntime_gpu:" + artifact.version().orElse("VERSION") + ")");
        }
    }

    private Optional<OrtFolder> ofCpu(boolean thorough) {
        try {
            if (artifact.libraries().isEmpty()) {
                findings.line("libraries", "none");
            } else {
                cache(thorough);
            }
        } catch (WurstchenException e) {
            if (!LibraryPlaces.doWithoutCache(artifact, host)) {
                throw e;
            }
            findings.line("libraries", "unpacked into a temporary folder at every start: " + e.getMessage());
        }
        return Optional.empty();
    }

    private OrtFolder cache(boolean thorough) {
        List<PackedLibrary> libraries = LibraryPlaces.packed(artifact, host);
        LibraryCache cache = LibraryPlaces.cache(artifact, libraries, host);
        List<String> damaged = thorough ? cache.damaged(libraries) : List.of();
        cache.forget(damaged);
        cache.unpack(libraries, host);
        long bytes = libraries.stream().mapToLong(PackedLibrary::bytes).sum();
        findings.line("libraries", cache.folder() + ", unpacked once: " + libraries.size() + " files, " + bytes / 1_000_000 + " MB");
        if (thorough) {
            findings.line("verified", damaged.isEmpty()
                    ? "every byte of them is as it was written"
                    : "these were damaged and have been unpacked again: " + String.join(", ", damaged));
        }
        return new OrtFolder(cache.folder(), host);
    }
}
