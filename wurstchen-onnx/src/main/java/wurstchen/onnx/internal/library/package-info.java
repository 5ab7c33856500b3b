/**
 * Provides ONNX Runtime's native libraries: from the artifact on the class path, a folder set by the user, the cache into which they are
 * unpacked once, or a temporary folder. Loads them with telemetry off.
 *
 * <p>Callers: {@code binding} and {@code doctor}. Uses {@code cache} and {@code common}.
 */
@NullMarked
package wurstchen.onnx.internal.library;

import org.jspecify.annotations.NullMarked;
