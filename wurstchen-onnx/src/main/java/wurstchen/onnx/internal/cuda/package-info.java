/**
 * NVIDIA's driver and management library, and the rules for a GPU: one stream, one thread, and no other CUDA call during a recording.
 *
 * <p>Callers: {@code operators.gpu}, {@code binding}, {@code graph}, {@code doctor} and the public package. Uses {@code common}. Calls the driver through JNA; of
 * ONNX Runtime it uses only the exception type.
 */
@NullMarked
package wurstchen.onnx.internal.cuda;

import org.jspecify.annotations.NullMarked;
