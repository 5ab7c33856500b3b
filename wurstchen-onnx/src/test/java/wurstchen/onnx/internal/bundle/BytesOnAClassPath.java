package wurstchen.onnx.internal.bundle;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URL;
import java.util.Map;
import java.util.Optional;

/**
 * Resources that lie in no file.
 *
 * @param contents by path
 */
record BytesOnAClassPath(Map<String, byte[]> contents) implements Resources {
    @Override
    public InputStream open(String path) {
        byte[] content = contents.get(path);
        return content == null ? null : new ByteArrayInputStream(content);
    }

    @Override
    public Optional<URL> url(String path) {
        return Optional.empty();
    }
}
