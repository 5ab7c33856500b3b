/**
 * Memory, tensors and bound runs on an execution provider.
 *
 * <p>{@code ExecutionProvider} is the implementation of a {@code Device}. It opens a {@code DeviceMemory}, which allocates tensors, copies
 * values and binds tensors to a session. {@code NativeMemory} does so through the C API on the CPU and on GPUs; {@code JavaMemory} replaces
 * it on a CPU where the C API cannot be used. {@code Recordings} decides which runs are recorded as CUDA graphs and replayed.
 *
 * <p>Callers: {@code graph}, {@code cascade}, {@code doctor} and the public package. Uses {@code operators}, {@code capi}, {@code cuda},
 * {@code library} and {@code common}. Knows tensors and sessions, but no bundle and no stage.
 */
@NullMarked
package wurstchen.onnx.internal.binding;

import org.jspecify.annotations.NullMarked;
