/**
 * Where ONNX Runtime's native libraries come from: the artifact on the class path, a folder that the user has set, or the cache into which
 * they are unpacked once, or a temporary one. Loads them, with telemetry off.
 *
 * <p>Callers: {@code binding} and {@code doctor}. Uses {@code cache} and {@code common}.
 */
package wurstchen.onnx.internal.library;
