/**
 * The folder in which this library keeps what a later start need not do again, for all programs of one user: where it is, how files are written
 * there so that others see them whole, and which files were verified.
 *
 * <p>Callers: {@code library} and {@code bundle}. Uses {@code common}. Whatever lies in the cache may be deleted at any time: it is made again.
 */
package wurstchen.onnx.internal.cache;
