package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableMap;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import wurstchen.internal.Requirement;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.fetch.BundleFetcher;
import wurstchen.onnx.internal.fetch.FetchLimits;

/**
 * Fetches a bundle from a server, with options; {@link ModelBundle#fetch} is the short way. For one thread.
 *
 * {@snippet class="wurstchen.onnx.snippets.FetchSnippetsTest" region="options"}
 *
 * <p>The source is the address of a folder that holds the bundle's files, of its {@code model.json}, or of an archive that {@link
 * ModelBundle#pack} wrote, whose path ends with {@code .zip}. Http and https are spoken through Java's default proxies ({@code http.proxyHost},
 * {@code https.proxyHost}, {@link java.net.ProxySelector#getDefault}) and with its default {@link java.net.Authenticator}. Redirects are
 * followed to http and https only, and never from https to http.
 *
 * <p>The bundle is stored in a folder of the cache that is named by the manifest's hash, so a second call needs no network, and a call after a
 * break, or a killed process, continues where it ended. If several processes or threads fetch the same bundle, one does and the others wait.
 * Nothing that the server sends is used before it has the right hash, and no more is accepted than the manifest says.
 */
public final class BundleFetch {
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final Duration QUIET = Duration.ofSeconds(60);
    private static final Duration TOTAL = Duration.ofHours(12);

    /** Larger than every bundle of the published models: Stable Cascade in float32 has 24 GB. */
    private static final long MAX_BYTES = 64L << 30;

    private static final int TRIES = 5;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final URI source;
    private final String manifestSha256;
    private final Map<String, String> headers = new HashMap<>();
    private Consumer<? super FetchProgress> progress = ignored -> {};
    private Optional<Path> cache = Optional.empty();
    private FetchLimits limits = new FetchLimits(CONNECT, QUIET, TOTAL, MAX_BYTES, TRIES, PAUSE);

    private BundleFetch(URI source, String manifestSha256) {
        this.source = checkNotNull(source, "source");
        this.manifestSha256 = VerifiedBundle.checkedSha256(manifestSha256);
    }

    /**
     * Starts with the defaults.
     *
     * @param source an http or https address of a folder, its {@code model.json}, or an archive
     * @param manifestSha256 the SHA-256 of {@code model.json}, 64 hexadecimal digits, from a place that is trusted
     * @return options to change
     * @throws IllegalArgumentException if the SHA-256 is malformed
     * @throws wurstchen.WurstchenException if the program lacks a jar, or the Java runtime a module, that this library needs
     */
    public static BundleFetch from(URI source, String manifestSha256) {
        Requirement.checkAll(List.of(Requirement.runtimeModule("java.net.http.HttpClient", "java.net.http")));
        return new BundleFetch(source, manifestSha256);
    }

    /**
     * Sets who hears how far it is, on the calling thread, up to some thousand times a second. Default: nobody.
     *
     * @param value what it throws ends the call; what was fetched is kept
     * @return this
     */
    public BundleFetch progress(Consumer<? super FetchProgress> value) {
        progress = checkNotNull(value, "progress");
        return this;
    }

    /**
     * Sets a header of each request to the source's server, such as {@code Authorization}; it is not sent to servers that this one redirects
     * to. Default: none.
     *
     * @param name of the header
     * @param value of the header
     * @return this
     */
    public BundleFetch header(String name, String value) {
        headers.put(checkNotNull(name, "header name"), checkNotNull(value, "header value"));
        return this;
    }

    /**
     * Sets the folder that holds fetched bundles. Default: {@code models} in the user's cache ({@code -Dwurstchen.cache}).
     *
     * @param folder is created if it does not exist
     * @return this
     */
    public BundleFetch cache(Path folder) {
        cache = Optional.of(folder);
        return this;
    }

    /**
     * Sets how long the server may be silent, in an answer or before it; then the connection is given up and the next try continues. Default:
     * 60 s.
     *
     * @param time above zero
     * @return this
     * @throws IllegalArgumentException if it is zero or negative
     */
    public BundleFetch quietTime(Duration time) {
        checkTime("the time a server may be silent", time);
        limits = new FetchLimits(limits.connect(), time, limits.total(), limits.bytes(), limits.tries(), limits.pause());
        return this;
    }

    /**
     * Sets how long a connection may take. Default: 20 s.
     *
     * @param time above zero
     * @return this
     * @throws IllegalArgumentException if it is zero or negative
     */
    public BundleFetch connectTime(Duration time) {
        checkTime("the time to connect", time);
        limits = new FetchLimits(time, limits.quiet(), limits.total(), limits.bytes(), limits.tries(), limits.pause());
        return this;
    }

    /**
     * Sets how long fetching may take in all, waiting for another process included. Default: 12 hours.
     *
     * @param time above zero
     * @return this
     * @throws IllegalArgumentException if it is zero or negative
     */
    public BundleFetch totalTime(Duration time) {
        checkTime("the time to fetch", time);
        limits = new FetchLimits(limits.connect(), limits.quiet(), time, limits.bytes(), limits.tries(), limits.pause());
        return this;
    }

    /**
     * Sets how large the bundle may be. Default: 64 GiB.
     *
     * @param most bytes of all files, at least 1
     * @return this
     * @throws IllegalArgumentException if it is below 1
     */
    public BundleFetch maxBytes(long most) {
        checkArgument(most >= 1, "the size of a bundle must be at least 1 byte, got %s", most);
        limits = new FetchLimits(limits.connect(), limits.quiet(), limits.total(), most, limits.tries(), limits.pause());
        return this;
    }

    /**
     * Sets how many tries in a row may bring nothing. Default: 5, with pauses of 1 s, 2 s, 4 s and so on between them.
     *
     * @param most at least 1
     * @param pause after the first of them, doubled after each further one, up to 30 s
     * @return this
     * @throws IllegalArgumentException if there is none, or the pause is negative
     */
    public BundleFetch tries(int most, Duration pause) {
        checkArgument(most >= 1, "tries must be at least 1, got %s", most);
        checkArgument(!pause.isNegative(), "the pause between tries must not be negative, got %s", pause);
        limits = new FetchLimits(limits.connect(), limits.quiet(), limits.total(), limits.bytes(), most, pause);
        return this;
    }

    private static void checkTime(String what, Duration time) {
        checkArgument(!time.isZero() && !time.isNegative(), "%s must be above zero, got %s", what, time);
    }

    /**
     * Opens the bundle, and fetches before what is not in the cache. Files of the cache that were damaged are fetched again.
     *
     * @return the verified bundle, owned by the caller; {@link ModelBundle#folder} says where it is
     * @throws IllegalArgumentException if the source is not an http or https address
     * @throws ModelBundleException if the server has another bundle, or it is not one of a supported kind, or too large
     * @throws wurstchen.WurstchenException if the server cannot be reached or takes too long, the disk is full, or the thread is interrupted,
     *     which it stays
     */
    public ModelBundle open() {
        Path folder = cache.orElseGet(() -> CacheFolder.of(HostSystem.current()).resolve("models"));
        BundleFetcher fetcher = new BundleFetcher(
                source,
                manifestSha256,
                folder,
                ImmutableMap.copyOf(headers),
                limits,
                (file, done, total) -> progress.accept(new FetchProgress(file, done, total)));
        return new ModelBundle(fetcher.open());
    }
}
