package wurstchen.onnx.internal.library;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;

/** The system's temporary folder. ONNX Runtime does not start without one, wherever its libraries are. */
final class TemporaryFolder {
    /** Java's system property that names it. */
    static final String PROPERTY = "java.io.tmpdir";

    static final String REMEDY = "name a folder that can be written with -D" + PROPERTY + "=FOLDER";

    private TemporaryFolder() {}

    /**
     * Returns the folder.
     *
     * @throws WurstchenException if it is not writable
     */
    static Path of(HostSystem host) {
        String name = host.property(PROPERTY).orElseThrow(() -> unusable("", "-D" + PROPERTY + " names none", null));
        try {
            Path folder = Path.of(name).toAbsolutePath();
            if (!Files.isDirectory(folder)) {
                throw unusable(" " + folder, Files.exists(folder) ? "not a folder" : "no such folder", null);
            }
            if (!Files.isWritable(folder)) {
                throw unusable(" " + folder, "it cannot be written", null);
            }
            return folder;
        } catch (InvalidPathException e) {
            throw unusable(" " + name, "that is no folder name", e);
        }
    }

    private static WurstchenException unusable(String folder, String problem, @Nullable Exception cause) {
        return new WurstchenException("ONNX Runtime needs the temporary folder" + folder + ": " + problem + "; " + REMEDY, cause);
    }
}
