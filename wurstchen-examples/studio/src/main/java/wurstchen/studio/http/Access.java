package wurstchen.studio.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import io.javalin.http.SameSite;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;
import wurstchen.studio.order.RefusedOrder;

/**
 * Who may ask: programs of this machine, or whoever has the token; of pages, only our own. A page of another site can make a browser send
 * requests here, also under a name that it lets point to this machine: the headers Host, Origin and Sec-Fetch-Site tell. Immutable.
 */
final class Access {
    private static final Set<HandlerType> READING = Set.of(HandlerType.GET, HandlerType.HEAD);
    private static final Set<String> OWN_PAGES = Set.of("same-origin", "none");
    private static final String BEARER = "Bearer ";

    private final Optional<String> token;

    /**
     * Creates it.
     *
     * @param token what clients must show; empty if only this machine can connect
     */
    Access(Optional<String> token) {
        this.token = token;
    }

    /**
     * Lets a request pass.
     *
     * @throws RefusedOrder if it must not
     */
    void check(Context request) {
        if (token.isEmpty()) {
            checkHost(request);
        }
        checkSite(request);
        checkOrigin(request);
        if (token.isPresent() && !isShown(request, token.get())) {
            logIn(request, token.get());
        }
    }

    private static void checkHost(Context request) {
        String host = host(request);
        boolean local = host.equals("localhost") || InetAddresses.isUriInetAddress(host) && InetAddresses.forUriString(host).isLoopbackAddress();
        if (!local) {
            throw new RefusedOrder(421, "this studio answers to localhost only; start it with --host for other machines");
        }
    }

    private static String host(Context request) {
        try {
            String host = HostAndPort.fromString(String.valueOf(request.header("Host"))).getHost();
            return host.contains(":") ? "[" + host + "]" : host;
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** Other sites may link to the page, and nothing else. */
    private static void checkSite(Context request) {
        String site = request.header("Sec-Fetch-Site");
        boolean link = request.path().equals("/") && READING.contains(request.method());
        if (site != null && !OWN_PAGES.contains(site) && !link) {
            throw new RefusedOrder(403, "pages of other sites may not use the studio");
        }
    }

    private static void checkOrigin(Context request) {
        String origin = request.header("Origin");
        if (origin != null && !READING.contains(request.method()) && !origin.replaceFirst("^https?://", "").equals(request.header("Host"))) {
            throw new RefusedOrder(403, "pages of other sites may not use the studio");
        }
    }

    private static boolean isShown(Context request, String token) {
        String header = request.header("Authorization");
        return header != null && header.startsWith(BEARER) && equal(header.substring(BEARER.length()), token)
                || equal(request.cookie(cookie(request)), token);
    }

    /** The address with the token, which the studio prints, sets a cookie. */
    private static void logIn(Context request, String token) {
        if (!request.path().equals("/") || !equal(request.queryParam("token"), token)) {
            throw new RefusedOrder(
                    401, "a token is needed: open the address that the studio printed when it started, or send it as 'Authorization: Bearer TOKEN'");
        }
        Cookie cookie = new Cookie(cookie(request), token);
        cookie.setHttpOnly(true);
        cookie.setSameSite(SameSite.STRICT);
        request.cookie(cookie);
        request.redirect("/", HttpStatus.SEE_OTHER);
        request.skipRemainingHandlers();
    }

    /** Cookies are shared by the ports of a host. */
    private static String cookie(Context request) {
        return "wurstchen-studio-" + request.req().getLocalPort();
    }

    private static boolean equal(String given, String token) {
        return given != null && MessageDigest.isEqual(given.getBytes(UTF_8), token.getBytes(UTF_8));
    }
}
