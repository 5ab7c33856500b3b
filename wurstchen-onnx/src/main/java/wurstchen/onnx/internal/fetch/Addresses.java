package wurstchen.onnx.internal.fetch;

import static com.google.common.base.Preconditions.checkArgument;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.OneLine;

/** The addresses of a bundle's files, and where a server may redirect to. */
final class Addresses {
    private static final String MANIFEST = "model.json";

    private Addresses() {}

    /**
     * Checks the address of a bundle.
     *
     * @throws IllegalArgumentException if it is not an absolute http or https address with a host and without user information
     */
    static void check(URI source) {
        checkArgument(
                isHttp(source) && source.getHost() != null,
                "a bundle is fetched from an http or https address, got '%s'; open a folder with ModelBundle.open",
                OneLine.of(source.toString()));
        checkArgument(
                source.getRawUserInfo() == null,
                "the address of a bundle must not hold a user's name or password, got one at %s; set an Authorization header",
                source.getHost());
    }

    static boolean isHttp(URI address) {
        String scheme = scheme(address);
        return scheme.equals("http") || scheme.equals("https");
    }

    /** Returns whether an address is that of one archive; otherwise, it is a folder's or its manifest's. */
    static boolean isArchive(URI source) {
        return path(source).toLowerCase(Locale.ROOT).endsWith(".zip");
    }

    /** Returns the address of a file of a bundle in a folder. A query is kept. */
    static URI ofFile(URI source, String file) {
        String path = path(source);
        String folder = path.endsWith("/" + MANIFEST) ? path.substring(0, path.length() - MANIFEST.length()) : path;
        String query = source.getRawQuery() == null ? "" : "?" + source.getRawQuery();
        return source.resolve(folder + (folder.endsWith("/") ? "" : "/") + file + query);
    }

    private static String path(URI source) {
        return source.getRawPath() == null ? "" : source.getRawPath();
    }

    private static String scheme(URI address) {
        return address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the address that a server redirects to.
     *
     * @throws WurstchenException if it is not an http or https address, or leads from https to http
     */
    static URI redirected(URI from, Optional<String> location) {
        URI to;
        try {
            to = from.resolve(location.orElse(""));
        } catch (IllegalArgumentException e) {
            throw new WurstchenException(shown(from) + ": the server redirects to '" + OneLine.of(location.orElse(""))
                    + "', which is no address; use the address of the files themselves", e);
        }
        if (location.isEmpty() || !isHttp(to) || to.getHost() == null) {
            throw new WurstchenException(shown(from) + ": the server redirects to '" + OneLine.of(location.orElse(""))
                    + "', only http and https addresses are followed; use the address of the files themselves");
        }
        if (scheme(from).equals("https") && scheme(to).equals("http")) {
            throw new WurstchenException(shown(from) + ": the server redirects from https to " + shown(to)
                    + ", which is not encrypted; use the address of the files themselves");
        }
        return to;
    }

    /** Returns whether two addresses are of the same server, so that headers of the caller may be sent to both. */
    static boolean sameServer(URI one, URI other) {
        return scheme(one).equals(scheme(other))
                && String.valueOf(one.getHost()).equalsIgnoreCase(other.getHost())
                && one.getPort() == other.getPort();
    }

    /** Returns an address for messages, without the query, which may hold a signature. */
    static String shown(URI address) {
        String port = address.getPort() < 0 ? "" : ":" + address.getPort();
        return OneLine.of(scheme(address) + "://" + address.getHost() + port + path(address));
    }
}
