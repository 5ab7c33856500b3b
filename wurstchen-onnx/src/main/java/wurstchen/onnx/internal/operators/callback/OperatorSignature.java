package wurstchen.onnx.internal.operators.callback;

import com.google.common.collect.ImmutableList;

/**
 * What ONNX Runtime checks a node against. Every input and every output is required.
 *
 * @param name the operator's name in its domain
 * @param inputs the type of each input
 * @param outputs the type of each output
 */
public record OperatorSignature(String name, ImmutableList<ValueType> inputs, ImmutableList<ValueType> outputs) {}
