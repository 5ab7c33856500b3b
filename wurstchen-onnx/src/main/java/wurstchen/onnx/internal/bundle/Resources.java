package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;

/** Resources of a class path or of a module. Thread-safe. */
@FunctionalInterface
public interface Resources {
    /** Opens a resource, or returns null if there is none. */
    InputStream open(String path) throws IOException;
}
