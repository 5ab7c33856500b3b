package wurstchen.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** The version that Maven wrote into the build. */
public final class LibraryVersion {
    private static final String TEXT = read();

    private LibraryVersion() {}

    private static String read() {
        Properties build = new Properties();
        try (InputStream in = Objects.requireNonNull(LibraryVersion.class.getResourceAsStream("version.properties"), "version.properties")) {
            build.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return build.getProperty("version", "");
    }

    /** Returns for example 0.1.0. */
    public static String text() {
        return TEXT;
    }
}
