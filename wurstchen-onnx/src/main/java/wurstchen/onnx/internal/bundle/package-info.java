/**
 * Reads and verifies a model bundle: the manifest, the folder's contents, sizes, hashes, and external data of graphs.
 *
 * <p>Callers: {@code fetch}, {@code graph}, {@code cascade} and the public package. Uses {@code cache} and {@code common}. A bundle is
 * untrusted until it is verified here; nothing here calls ONNX Runtime.
 */
@NullMarked
package wurstchen.onnx.internal.bundle;

import org.jspecify.annotations.NullMarked;
