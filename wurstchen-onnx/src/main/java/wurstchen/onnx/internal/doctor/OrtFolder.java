package wurstchen.onnx.internal.doctor;

import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.library.OrtArtifact;

/**
 * The folder from which ONNX Runtime's libraries are loaded.
 *
 * @param path the folder
 * @param host the machine, which determines file names
 */
record OrtFolder(Path path, HostSystem host) {
    /** Part of the message of the CPU artifact's Java binding when CUDA is requested. */
    private static final String WITHOUT_CUDA = "not compiled with CUDA support";

    boolean hasCuda() {
        return Files.isRegularFile(cudaProvider());
    }

    Path cudaProvider() {
        return path.resolve(host.libraryFile(OrtArtifact.CUDA));
    }

    /** Checks for the libraries needed beside the core library, in a folder that the user may have filled. */
    void examineCuda(OrtArtifact artifact, Findings findings) {
        for (String library : new String[] {OrtArtifact.SHARED, OrtArtifact.CUDA}) {
            String file = host.libraryFile(library);
            if (!Files.isRegularFile(path.resolve(file))) {
                findings.problem(path + " has no " + file + ": take all of ONNX Runtime's libraries from one build with CUDA, "
                        + artifact.version().map(version -> "of version " + version).orElse("of the version of the jar"));
            }
        }
        Path jni = path.resolve(host.libraryFile(OrtArtifact.JNI));
        if (isWithoutCuda(jni)) {
            findings.problem(jni + " is the one of the artifact onnxruntime, which was built without CUDA: take the one of"
                    + " onnxruntime_gpu");
        }
    }

    private static boolean isWithoutCuda(Path jni) {
        try {
            return MoreFiles.asCharSource(jni, StandardCharsets.ISO_8859_1).read().contains(WITHOUT_CUDA);
        } catch (IOException e) {
            return false; // The file is missing, or ONNX Runtime will report why it cannot be loaded.
        }
    }
}
