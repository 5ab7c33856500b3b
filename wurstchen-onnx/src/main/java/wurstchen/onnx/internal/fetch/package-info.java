/**
 * Fetches a model bundle by HTTP into the cache: each file is resumed after a break and compared with the manifest, whose hash the caller
 * knows.
 *
 * <p>Caller: the public package. Uses {@code bundle}, {@code cache} and {@code common}. A server is untrusted: what it sends is bounded by the
 * manifest, and how long it takes by the limits of the call.
 */
@NullMarked
package wurstchen.onnx.internal.fetch;

import org.jspecify.annotations.NullMarked;
