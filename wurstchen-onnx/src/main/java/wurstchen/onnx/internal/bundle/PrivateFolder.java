package wurstchen.onnx.internal.bundle;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.OneLine;

/** A temporary folder that only this user can read, deleted on close, or when the JVM ends if nobody closed it. */
final class PrivateFolder implements AutoCloseable {
    private final Path path;
    private final Thread atExit;
    private boolean closed;

    private PrivateFolder(Path path) {
        this.path = path;
        this.atExit = new Thread(() -> deleteQuietly(path), "wurstchen-delete-temporary-model");
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    static PrivateFolder create() throws IOException {
        return new PrivateFolder(Files.createTempDirectory("wurstchen-model-").toRealPath());
    }

    Path path() {
        return path;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook deletes the folder too, and finding nothing is fine.
        }
        try {
            MoreFiles.deleteRecursively(path, RecursiveDeleteOption.ALLOW_INSECURE);
        } catch (IOException e) {
            throw new WurstchenException("cannot delete the temporary folder " + path + ": " + OneLine.of(e.toString()), e);
        }
    }

    private static void deleteQuietly(Path path) {
        try {
            MoreFiles.deleteRecursively(path, RecursiveDeleteOption.ALLOW_INSECURE);
        } catch (IOException e) {
            // Nobody is left to tell; the system cleans its temporary folder.
        }
    }
}
