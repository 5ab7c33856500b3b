/**
 * The cascade's seams bound to exported graphs on ONNX Runtime.
 *
 * <p>{@link wurstchen.onnx.OnnxWurstchen} opens a {@link wurstchen.onnx.ModelBundle} (verified before ONNX Runtime sees a byte of it) as a
 * {@link wurstchen.Wurstchen}. One class per seam follows: {@code OnnxTextEncoder}, {@code OnnxStageC}, {@code OnnxStageB}, {@code
 * OnnxStageA}; every run of a graph goes through {@code BoundSession}. No type of ONNX Runtime is visible outside this package.
 */
package wurstchen.onnx;
