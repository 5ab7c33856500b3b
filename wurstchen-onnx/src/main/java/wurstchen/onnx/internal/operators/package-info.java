/**
 * Custom operators of the domain {@code wurstchen}, with their CUDA kernels.
 *
 * <p>Caller: {@code graph}, when it opens a session. Uses {@code binding}, {@code capi}, {@code cuda} and {@code common}.
 */
package wurstchen.onnx.internal.operators;
