package wurstchen.onnx.internal.operators;

import static wurstchen.onnx.internal.operators.OnnxBytes.message;
import static wurstchen.onnx.internal.operators.OnnxBytes.number;
import static wurstchen.onnx.internal.operators.OnnxBytes.real;
import static wurstchen.onnx.internal.operators.OnnxBytes.text;

import com.google.common.primitives.Bytes;
import java.util.ArrayList;
import java.util.List;
import wurstchen.onnx.internal.operators.callback.OperatorSignature;
import wurstchen.onnx.internal.operators.callback.ValueType;

/**
 * An ONNX model of one node, whose inputs and outputs are those of the graph: in0, in1, ... and out0, out1, ... of unknown shapes. Field
 * numbers: onnx.proto3 of ONNX 1.19.
 */
public final class NodeModel {
    private static final int IR_VERSION = 10;
    private static final int OPSET = 20;
    private static final int ATTRIBUTE_FLOAT = 1;
    private static final int ATTRIBUTE_INT = 2;
    private static final int ATTRIBUTE_INTS = 7;

    private final String domain;
    private final OperatorSignature signature;
    private final List<byte[]> attributes = new ArrayList<>();
    private final List<byte[]> functions = new ArrayList<>();
    private int copies = 1;

    /** Starts a model of an operator. */
    public NodeModel(String domain, OperatorSignature signature) {
        this.domain = domain;
        this.signature = signature;
    }

    public static String input(int index) {
        return "in" + index;
    }

    public static String output(int index) {
        return "out" + index;
    }

    public NodeModel attribute(String name, long value) {
        attributes.add(Bytes.concat(text(1, name), number(3, value), number(20, ATTRIBUTE_INT)));
        return this;
    }

    public NodeModel attribute(String name, float value) {
        attributes.add(Bytes.concat(text(1, name), real(2, value), number(20, ATTRIBUTE_FLOAT)));
        return this;
    }

    public NodeModel attribute(String name, long... values) {
        byte[] all = text(1, name);
        for (long value : values) {
            all = Bytes.concat(all, number(8, value));
        }
        attributes.add(Bytes.concat(all, number(20, ATTRIBUTE_INTS)));
        return this;
    }

    /** Adds a FunctionProto. */
    public NodeModel function(byte[] function) {
        functions.add(function);
        return this;
    }

    /** Puts several nodes in a chain, each of which takes the first output of the one before as its first input. */
    public NodeModel chain(int nodes) {
        copies = nodes;
        return this;
    }

    /** Returns the model as the bytes of a file. */
    public byte[] bytes() {
        byte[] graph = text(2, "one");
        for (int i = 0; i < copies; i++) {
            graph = Bytes.concat(graph, message(1, node(i)));
        }
        for (int i = 0; i < signature.inputs().size(); i++) {
            graph = Bytes.concat(graph, message(11, value(input(i), signature.inputs().get(i))));
        }
        for (int i = 0; i < signature.outputs().size(); i++) {
            graph = Bytes.concat(graph, message(12, value(output(i), signature.outputs().get(i))));
        }
        byte[] model = Bytes.concat(
                number(1, IR_VERSION),
                message(7, graph),
                message(8, number(2, OPSET)),
                message(8, text(1, domain), number(2, 1)),
                message(8, text(1, "com.microsoft"), number(2, 1)));
        for (byte[] function : functions) {
            model = Bytes.concat(model, message(25, function));
        }
        return model;
    }

    private byte[] node(int index) {
        byte[] node = text(1, index == 0 ? input(0) : "between" + (index - 1));
        for (int i = 1; i < signature.inputs().size(); i++) {
            node = Bytes.concat(node, text(1, input(i)));
        }
        boolean last = index == copies - 1;
        for (int i = 0; i < signature.outputs().size(); i++) {
            node = Bytes.concat(node, text(2, last ? output(i) : i == 0 ? "between" + index : "unused" + index + "of" + i));
        }
        node = Bytes.concat(node, text(3, "node" + index), text(4, signature.name()), text(7, domain));
        for (byte[] attribute : attributes) {
            node = Bytes.concat(node, message(5, attribute));
        }
        return node;
    }

    /** ValueInfoProto: a name and a TypeProto of a tensor with an element type and no shape. */
    private static byte[] value(String name, ValueType type) {
        return Bytes.concat(text(1, name), message(2, message(1, number(1, type.code()))));
    }
}
