/**
 * Open graphs of a bundle: sessions, their contracts with the manifest, and their runs.
 *
 * <p>{@code OnnxEngine} holds what graphs opened together share. {@code GraphSessions} opens graphs; a {@code BoundSession} is an open one, and
 * each run of it is a {@code GraphRun} with tensors bound to it.
 *
 * <p>Callers: {@code cascade} and the public package. Uses {@code bundle}, {@code operators}, {@code binding}, {@code cuda} and {@code common}.
 * Any graph can be opened here: which graphs the cascade has, and what their tensors mean, is known to {@code cascade} only.
 */
package wurstchen.onnx.internal.graph;
