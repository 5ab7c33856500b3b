/**
 * The cascade's seams bound to exported graphs on ONNX Runtime.
 *
 * <p>{@link wurstchen.onnx.OnnxWurstchen} opens a {@link wurstchen.onnx.ModelBundle} (verified before ONNX Runtime sees a byte of it) as a
 * {@link wurstchen.Wurstchen}, on a {@link wurstchen.onnx.Device}. One class per seam follows: {@code OnnxTextEncoder}, {@code OnnxStageC},
 * {@code OnnxStageB}, {@code OnnxStageA}. No type of ONNX Runtime or JNA and no native address is visible outside this package.
 *
 * <p>Below them, from the top down: {@code OnnxEngine} makes a model's tensors and counts what is copied; {@code BoundSession} is an open graph
 * and every run of it goes through there, as a {@code GraphRun} with tensors bound to it; {@code StepBuffers} are the tensors of a denoising
 * run; {@code DeviceMemory} is where tensors lie. {@code NativeMemory} reaches it through ONNX Runtime's C API ({@code OrtTable}), which alone
 * knows binding and device tensors; {@code JavaMemory} takes its place on a CPU where the C API cannot be reached.
 */
package wurstchen.onnx;
