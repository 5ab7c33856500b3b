/**
 * Work on a stream of a GPU: this library's compiled kernels, products by cuBLASLt, and the scratch memory of both.
 *
 * <p>Callers: {@code operators}. Uses {@code common}, and of {@code cuda} the driver's functions; calls the driver and cuBLASLt through JNA. Knows nothing of ONNX Runtime.
 */
@NullMarked
package wurstchen.onnx.internal.operators.gpu;

import org.jspecify.annotations.NullMarked;
