/**
 * The operators of the domain {@code wurstchen}. The exporter writes each as a function of standard operators into the graphs; on a GPU,
 * {@code DeviceOperators} computes them with this library's kernels instead.
 *
 * <p>Callers: {@code binding} and {@code graph}. Uses {@code operators.callback}, {@code operators.gpu} and {@code common}.
 */
@NullMarked
package wurstchen.onnx.internal.operators;

import org.jspecify.annotations.NullMarked;
