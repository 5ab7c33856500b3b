/**
 * Where ONNX Runtime's native libraries come from: the artifact on the class path, a folder that the user has set, or the cache into which
 * they are unpacked once. Loads them, with telemetry off.
 *
 * <p>Callers: {@code binding} and {@code doctor}. Uses {@code common}. The only package that writes to the cache folder.
 */
package wurstchen.onnx.internal.library;
