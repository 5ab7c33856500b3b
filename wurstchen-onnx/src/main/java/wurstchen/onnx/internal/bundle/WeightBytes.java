package wurstchen.onnx.internal.bundle;

import java.nio.ByteBuffer;
import wurstchen.onnx.internal.common.ExternalTensor;

/**
 * An external weight of a graph with its values.
 *
 * @param tensor its name, type and shape
 * @param values little-endian bytes from position to limit, in a direct buffer that the weights of a graph share
 */
public record WeightBytes(ExternalTensor tensor, ByteBuffer values) {}
