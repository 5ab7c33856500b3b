/**
 * Opens exported Würstchen models on ONNX Runtime.
 *
 * <p>{@link wurstchen.onnx.OnnxWurstchen} opens a {@link wurstchen.onnx.ModelBundle}, which is verified before ONNX Runtime sees a byte of it,
 * as a {@link wurstchen.Wurstchen} on a {@link wurstchen.onnx.Device}. {@link wurstchen.onnx.OnnxStages} opens single stages.
 * {@link wurstchen.onnx.Doctor} says whether a device can be used here. No type of ONNX Runtime or JNA and no native address is visible.
 *
 * <p>The implementation lies in packages {@code wurstchen.onnx.internal}, which are not for users. They know of this package only its values
 * ({@code Manifest}, {@code GraphSpec}, {@code TensorSpec}, {@code DoctorReport}) and exceptions; everything else here calls down to them.
 */
@NullMarked
package wurstchen.onnx;

import org.jspecify.annotations.NullMarked;
