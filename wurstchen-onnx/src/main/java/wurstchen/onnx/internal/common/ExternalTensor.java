package wurstchen.onnx.internal.common;

import com.google.common.primitives.ImmutableLongArray;

/**
 * A weight of a graph that lies in a file beside it.
 *
 * @param name the initializer's name in the graph
 * @param elementType its type, as ONNX and ONNX Runtime number them
 * @param shape its axes; empty for a scalar
 * @param location the file, as the graph names it
 * @param offset where in the file the values begin
 * @param bytes how many bytes the values have
 */
public record ExternalTensor(String name, int elementType, ImmutableLongArray shape, String location, long offset, long bytes) {}
