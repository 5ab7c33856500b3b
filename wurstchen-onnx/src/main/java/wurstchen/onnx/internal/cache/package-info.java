/**
 * The folder in which this library keeps what a later start need not do again, for all programs of one user, and the lock that programs share.
 *
 * <p>Callers: {@code library}. Uses {@code common}. Whatever lies in the cache may be deleted at any time: it is made again.
 */
package wurstchen.onnx.internal.cache;
