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
 * An ONNX model of one node, or of a chain of equal ones. Inputs and outputs of the graph are in0, in1, ... and out0, out1, ..., of unknown
 * shapes. Field numbers: onnx.proto3 of ONNX 1.19.
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
    private final List<byte[]> parts = new ArrayList<>();
    private int version = 1;
    private int nodes = 1;
    private Halves halves = Halves.OUTSIDE;

    /** Where values of float16 are. */
    public enum Halves {
        /** In the graph's inputs and outputs as well, as the signature says. */
        OUTSIDE,
        /** In the node alone: the graph takes and gives float32. */
        INSIDE,
        /** Nowhere: the graph rounds its inputs to float16, and the node computes in float32. */
        ROUNDED
    }

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
        parts.add(message(25, function));
        return this;
    }

    /** Adds fields of the ModelProto. */
    public NodeModel part(byte[] fields) {
        parts.add(fields);
        return this;
    }

    /** Sets the version of the domain that the model asks for; 1 if not set. */
    public NodeModel version(int value) {
        version = value;
        return this;
    }

    /** Sets where values of float16 are; outside if not set. */
    public NodeModel halves(Halves value) {
        halves = value;
        return this;
    }

    /** Puts several nodes in a chain, each of which takes the first output of the one before as its first input. */
    public NodeModel chain(int length) {
        nodes = length;
        return this;
    }

    /** Returns the model as the bytes of a file. */
    public byte[] bytes() {
        byte[] graph = text(2, "one");
        for (int i = 0; i < signature.inputs().size(); i++) {
            graph = Bytes.concat(graph, castInput(i), message(11, value(input(i), outside(signature.inputs().get(i)))));
        }
        for (int i = 0; i < nodes; i++) {
            graph = Bytes.concat(graph, message(1, node(i)));
        }
        for (int i = 0; i < signature.outputs().size(); i++) {
            graph = Bytes.concat(graph, castOutput(i), message(12, value(output(i), outside(signature.outputs().get(i)))));
        }
        byte[] model = Bytes.concat(
                number(1, IR_VERSION),
                message(7, graph),
                message(8, number(2, OPSET)),
                message(8, text(1, domain), number(2, version)),
                message(8, text(1, "com.microsoft"), number(2, 1)));
        for (byte[] part : parts) {
            model = Bytes.concat(model, part);
        }
        return model;
    }

    private ValueType outside(ValueType type) {
        return halves == Halves.OUTSIDE ? type : ValueType.FLOAT32;
    }

    private boolean isCast(ValueType type) {
        return halves != Halves.OUTSIDE && type == ValueType.FLOAT16;
    }

    private byte[] castInput(int index) {
        if (!isCast(signature.inputs().get(index))) {
            return new byte[0];
        }
        String half = "half" + index;
        byte[] toHalf = cast(input(index), half, ValueType.FLOAT16);
        return halves == Halves.INSIDE ? toHalf : Bytes.concat(toHalf, cast(half, "rounded" + index, ValueType.FLOAT32));
    }

    private String inputOfNode(int index) {
        if (!isCast(signature.inputs().get(index))) {
            return input(index);
        }
        return (halves == Halves.INSIDE ? "half" : "rounded") + index;
    }

    private boolean outputIsCast(int index) {
        return halves == Halves.INSIDE && isCast(signature.outputs().get(index));
    }

    private byte[] castOutput(int index) {
        return outputIsCast(index) ? cast("raw" + index, output(index), ValueType.FLOAT32) : new byte[0];
    }

    private static byte[] cast(String from, String to, ValueType type) {
        byte[] attribute = Bytes.concat(text(1, "to"), number(3, type.code()), number(20, ATTRIBUTE_INT));
        return message(1, text(1, from), text(2, to), text(3, "cast of " + from), text(4, "Cast"), message(5, attribute));
    }

    private byte[] node(int index) {
        byte[] node = text(1, index == 0 ? inputOfNode(0) : "between" + (index - 1));
        for (int i = 1; i < signature.inputs().size(); i++) {
            node = Bytes.concat(node, text(1, inputOfNode(i)));
        }
        for (int i = 0; i < signature.outputs().size(); i++) {
            node = Bytes.concat(node, text(2, outputOfNode(index, i)));
        }
        node = Bytes.concat(node, text(3, "node" + index), text(4, signature.name()), text(7, domain));
        for (byte[] attribute : attributes) {
            node = Bytes.concat(node, message(5, attribute));
        }
        return node;
    }

    private String outputOfNode(int node, int output) {
        if (node == nodes - 1) {
            return outputIsCast(output) ? "raw" + output : output(output);
        }
        return output == 0 ? "between" + node : "unused" + node + "of" + output;
    }

    /** ValueInfoProto: a name and a TypeProto of a tensor with an element type and no shape. */
    private static byte[] value(String name, ValueType type) {
        return Bytes.concat(text(1, name), message(2, message(1, number(1, type.code()))));
    }
}
