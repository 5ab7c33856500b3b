package wurstchen.onnx.internal.cache;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;

/** The cache folder of this user, by the convention of the operating system. */
public final class CacheFolder {
    /** System property that names the folder and overrides the convention. */
    public static final String PROPERTY = "wurstchen.cache";

    /** Environment variable with the same meaning; {@link #PROPERTY} takes precedence. */
    public static final String VARIABLE = "WURSTCHEN_CACHE";

    /** Remedy for a folder that cannot be used. */
    public static final String REMEDY = "name a folder with -D" + PROPERTY + "=FOLDER or the environment variable " + VARIABLE;

    private CacheFolder() {}

    /**
     * Returns the folder, which need not exist.
     *
     * @throws WurstchenException if the name is not valid, or the user has no home folder
     */
    public static Path of(HostSystem host) {
        Optional<String> named = named(host);
        if (named.isPresent()) {
            return path(named.get()).toAbsolutePath();
        }
        if (host.windows()) {
            return host.variable("LOCALAPPDATA")
                    .map(CacheFolder::path)
                    .orElseGet(() -> home(host).resolve("AppData/Local"))
                    .resolve("wurstchen");
        }
        if (host.mac()) {
            return home(host).resolve("Library/Caches/wurstchen");
        }
        // The XDG specification says that a relative path must be ignored.
        return host.variable("XDG_CACHE_HOME")
                .map(CacheFolder::path)
                .filter(Path::isAbsolute)
                .orElseGet(() -> home(host).resolve(".cache"))
                .resolve("wurstchen");
    }

    /** Returns whether the user has named the folder, in which case no other may be used. */
    public static boolean isNamed(HostSystem host) {
        return named(host).isPresent();
    }

    private static Optional<String> named(HostSystem host) {
        return host.property(PROPERTY).or(() -> host.variable(VARIABLE));
    }

    private static Path home(HostSystem host) {
        return host.home().orElseThrow(() -> new WurstchenException("no cache folder: this user has no home folder; " + REMEDY));
    }

    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new WurstchenException("no cache folder: '" + name + "' is no folder name; " + REMEDY, e);
        }
    }
}
