package wurstchen.onnx.internal.cache;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;

/** Where this user's caches are, by the convention of the operating system. */
public final class CacheFolder {
    /** Names the folder, whatever the convention says. */
    public static final String PROPERTY = "wurstchen.cache";

    /** As {@link #PROPERTY}, which comes first. */
    public static final String VARIABLE = "WURSTCHEN_CACHE";

    /** What to do about a folder that does not serve. */
    public static final String REMEDY = "name a folder with -D" + PROPERTY + "=FOLDER or the environment variable " + VARIABLE;

    private CacheFolder() {}

    /**
     * Returns the folder, which need not exist.
     *
     * @throws WurstchenException if the name is not one of a folder, or the user has no home
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
        // The XDG specification: a relative path is to be ignored.
        return host.variable("XDG_CACHE_HOME")
                .map(CacheFolder::path)
                .filter(Path::isAbsolute)
                .orElseGet(() -> home(host).resolve(".cache"))
                .resolve("wurstchen");
    }

    /** Returns whether the user has named the folder: another one would not be what was asked for. */
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
