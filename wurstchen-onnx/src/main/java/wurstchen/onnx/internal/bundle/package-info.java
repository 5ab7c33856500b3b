/**
 * Reads and verifies a model bundle: the manifest, the folder's contents, sizes, hashes, and where graphs keep their weights.
 *
 * <p>Callers: {@code graph}, {@code cascade} and the public package. Uses {@code common}. A bundle is untrusted until it is verified here;
 * nothing here calls ONNX Runtime.
 */
package wurstchen.onnx.internal.bundle;
