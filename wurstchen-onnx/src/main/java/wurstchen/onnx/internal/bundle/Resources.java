package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Optional;

/** Resources of a class path or of a module. Thread-safe. */
public interface Resources {
    /** Returns the resources that a class loader finds. */
    static Resources of(ClassLoader loader) {
        return new Resources() {
            @Override
            public InputStream open(String path) {
                return loader.getResourceAsStream(path);
            }

            @Override
            public Optional<URL> url(String path) {
                return Optional.ofNullable(loader.getResource(path));
            }
        };
    }

    /** Returns the resources in the module of a class, then those that its class loader finds. */
    static Resources of(Class<?> owner) {
        Resources ofLoader = of(owner.getClassLoader());
        return new Resources() {
            @Override
            public InputStream open(String path) throws IOException {
                InputStream inModule = owner.getModule().getResourceAsStream(path);
                return inModule == null ? ofLoader.open(path) : inModule;
            }

            @Override
            public Optional<URL> url(String path) {
                return ofLoader.url(path);
            }
        };
    }

    /** Opens a resource; returns null if it does not exist. */
    InputStream open(String path) throws IOException;

    /** Returns the URL of a resource; empty if unknown. */
    Optional<URL> url(String path);
}
