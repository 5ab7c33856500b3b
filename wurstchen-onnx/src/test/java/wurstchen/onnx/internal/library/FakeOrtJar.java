package wurstchen.onnx.internal.library;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import wurstchen.onnx.internal.common.HostSystem;

/** A stand-in for ONNX Runtime's jar: its layout, with libraries of the test's making. */
public final class FakeOrtJar {
    static final String FOLDER = "ai/onnxruntime/native/linux-x64/";

    private FakeOrtJar() {}

    /** Writes a jar with libraries by file name. */
    public static Path write(Path jar, String version, Map<String, byte[]> libraries) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            put(out, "ai/onnxruntime/OrtEnvironment.class", new byte[0]);
            for (Map.Entry<String, byte[]> library : new TreeMap<>(libraries).entrySet()) {
                put(out, FOLDER + library.getKey(), library.getValue());
            }
        }
        return jar;
    }

    private static void put(JarOutputStream out, String name, byte[] bytes) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(bytes);
        out.closeEntry();
    }

    /** Reads what a class path of these jars, in this order, holds. */
    public static OrtArtifact artifact(HostSystem host, Path... jars) throws IOException {
        URL[] urls = new URL[jars.length];
        for (int i = 0; i < jars.length; i++) {
            urls[i] = jars[i].toUri().toURL();
        }
        try (URLClassLoader loader = new URLClassLoader(urls, null)) {
            return OrtArtifact.find(loader, host);
        }
    }
}
