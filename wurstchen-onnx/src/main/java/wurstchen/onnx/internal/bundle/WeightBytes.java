package wurstchen.onnx.internal.bundle;

import java.nio.ByteBuffer;
import wurstchen.onnx.internal.common.ExternalTensor;

/**
 * A weight that a graph keeps outside of itself, with its values.
 *
 * @param tensor its name, type and shape
 * @param values its bytes from the position to the limit, little endian, in memory outside Java's heap; those of a graph share it
 */
public record WeightBytes(ExternalTensor tensor, ByteBuffer values) {}
