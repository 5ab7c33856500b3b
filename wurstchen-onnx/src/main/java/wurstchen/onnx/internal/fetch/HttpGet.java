package wurstchen.onnx.internal.fetch;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.net.Authenticator;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Sends GET requests, through the proxies and with the authenticator that Java has by default. Follows redirects itself, so that a refusal says
 * where it was led.
 */
final class HttpGet {
    private static final int MAX_REDIRECTS = 5;
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final ImmutableSet<Integer> REDIRECTS = ImmutableSet.of(301, 302, 303, 307, 308);

    /** Answers of a server that may be another one at the next try. */
    private static final ImmutableSet<Integer> PASSING = ImmutableSet.of(408, 425, 429, 500, 502, 503, 504);

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final HttpClient client;
    private final URI origin;
    private final ImmutableMap<String, String> headers;
    private final FetchLimits limits;
    private final FetchClock clock;

    /**
     * A response whose bytes are wanted.
     *
     * @param body its bytes
     * @param start the position of the first of them in the whole
     * @param size of the whole, as the server says; empty if it does not
     */
    record Response(TimedBody body, long start, OptionalLong size) {}

    /** Creates a client; {@code headers} are sent to the server of the origin only. */
    HttpGet(URI origin, ImmutableMap<String, String> headers, FetchLimits limits, FetchClock clock) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(limits.connect());
        Optional.ofNullable(Authenticator.getDefault()).ifPresent(builder::authenticator);
        this.client = builder.build();
        this.origin = origin;
        this.headers = headers;
        this.limits = limits;
        this.clock = clock;
    }

    FetchLimits limits() {
        return limits;
    }

    FetchClock clock() {
        return clock;
    }

    /**
     * Asks for an address, from a position on. A server that does not know ranges sends the whole.
     *
     * @throws IOException for what another try may mend
     * @throws WurstchenException for what it may not
     */
    Response open(URI address, long from) throws IOException, InterruptedException {
        Response response = request(address, from);
        // Some servers answer other ranges than asked for: then the whole is asked for.
        return response.start() == from || response.start() == 0 ? response : request(address, 0);
    }

    private Response request(URI address, long from) throws IOException, InterruptedException {
        URI place = address;
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            HttpResponse<TimedBody> response = client.send(requestOf(place, from), info -> new TimedBody());
            if (!REDIRECTS.contains(response.statusCode())) {
                return accepted(place, from, response);
            }
            response.body().cancel();
            place = Addresses.redirected(place, response.headers().firstValue("Location"));
        }
        throw new WurstchenException(Addresses.shown(address) + ": more than " + MAX_REDIRECTS
                + " redirects, the last one to " + Addresses.shown(place) + "; use the address of the files themselves");
    }

    private HttpRequest requestOf(URI place, long from) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(place).timeout(clock.atMost(limits.quiet())).header("Accept-Encoding", "identity");
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        if (Addresses.sameServer(place, origin)) {
            headers.forEach(request::header);
        }
        return request.build();
    }

    private Response accepted(URI place, long from, HttpResponse<TimedBody> response) throws IOException, InterruptedException {
        int status = response.statusCode();
        if (status == OK) {
            return new Response(response.body(), 0, length(response.headers()));
        }
        if (status == PARTIAL) {
            Response part = part(response);
            if (part != null) {
                return part;
            }
        }
        response.body().cancel();
        if (from > 0 && (status == PARTIAL || status == RANGE_NOT_SATISFIABLE)) {
            return request(place, 0);
        }
        String found = Addresses.shown(place) + ": expected status 200, got " + status;
        if (PASSING.contains(status)) {
            throw new IOException(found);
        }
        throw new WurstchenException(found + "; check the address, and whether it needs an Authorization header");
    }

    /** Returns null if the server does not say which part it sends. */
    private static @Nullable Response part(HttpResponse<TimedBody> response) {
        Matcher range = CONTENT_RANGE.matcher(OneLine.of(response.headers().firstValue("Content-Range").orElse("")));
        if (!range.matches()) {
            return null;
        }
        OptionalLong size = range.group(3).equals("*") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(range.group(3)));
        return new Response(response.body(), Long.parseLong(range.group(1)), size);
    }

    private static OptionalLong length(HttpHeaders headers) {
        String length = headers.firstValue("Content-Length").orElse("");
        return length.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(length)) : OptionalLong.empty();
    }
}
