package wurstchen.onnx.internal.library;

import com.google.common.hash.Hashing;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.util.Collection;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * A library in a jar.
 *
 * @param file its file name, such as {@code libonnxruntime.so}
 * @param resource where it is
 * @param bytes its unpacked size
 * @param crc32 its checksum from the jar's directory: reading the library itself would take as long as unpacking it
 */
public record PackedLibrary(String file, URL resource, long bytes, long crc32) {
    static PackedLibrary of(String file, URL resource) throws IOException {
        URLConnection connection = resource.openConnection();
        if (connection instanceof JarURLConnection jar) {
            jar.setUseCaches(false);
            try (JarFile opened = jar.getJarFile()) {
                JarEntry entry = opened.getJarEntry(jar.getEntryName());
                if (entry != null && entry.getSize() >= 0 && entry.getCrc() >= 0) {
                    return new PackedLibrary(file, resource, entry.getSize(), entry.getCrc());
                }
            }
        }
        return ofFile(file, resource);
    }

    private static PackedLibrary ofFile(String file, URL resource) throws IOException {
        long bytes = Resources.asByteSource(resource).size();
        int crc32 = Resources.asByteSource(resource).hash(Hashing.crc32()).asInt();
        return new PackedLibrary(file, resource, bytes, Integer.toUnsignedLong(crc32));
    }

    /** Returns the size of libraries in whole MB, rounded up. */
    static long megabytes(Collection<PackedLibrary> libraries) {
        return (libraries.stream().mapToLong(PackedLibrary::bytes).sum() + 999_999) / 1_000_000;
    }

    InputStream open() throws IOException {
        URLConnection connection = resource.openConnection();
        connection.setUseCaches(false);
        return connection.getInputStream();
    }
}
