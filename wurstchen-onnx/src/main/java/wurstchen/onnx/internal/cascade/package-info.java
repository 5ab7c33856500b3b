/**
 * The cascade on graphs: text encoders, Stage C, Stage B and Stage A, which implement {@code wurstchen.stage}, the tensors of a denoising
 * run, and stages that are opened on demand.
 *
 * <p>Callers: {@code family} and the public package. Uses {@code graph}, {@code binding}, {@code bundle} and {@code common}. Calls ONNX
 * Runtime through {@code graph} only.
 */
@NullMarked
package wurstchen.onnx.internal.cascade;

import org.jspecify.annotations.NullMarked;
