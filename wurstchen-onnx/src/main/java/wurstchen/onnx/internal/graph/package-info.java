/**
 * Open graphs of a bundle: sessions, their contracts with the manifest, and their runs.
 *
 * <p>{@code OnnxEngine} holds what graphs that were opened together share. {@code GraphSessions} opens graphs; a {@code BoundSession} is an
 * open graph, and a {@code GraphRun} is a run of it with bound tensors.
 *
 * <p>Callers: {@code cascade} and the public package. Uses {@code bundle}, {@code operators}, {@code binding}, {@code cuda} and {@code
 * common}. Any graph can be opened here; only {@code cascade} knows which graphs the cascade has and what their tensors mean.
 */
@NullMarked
package wurstchen.onnx.internal.graph;

import org.jspecify.annotations.NullMarked;
