/**
 * The cache folder, shared by all programs of one user: where it is, atomic writes of files, and which files were verified.
 *
 * <p>Callers: {@code library}, {@code bundle} and {@code fetch}. Uses {@code common}. Files in the cache may be deleted at any time: they are created
 * again.
 */
@NullMarked
package wurstchen.onnx.internal.cache;

import org.jspecify.annotations.NullMarked;
