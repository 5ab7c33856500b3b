package wurstchen.onnx.internal.binding;

import com.google.common.primitives.Bytes;
import java.nio.charset.StandardCharsets;

/**
 * An ONNX model of one node, {@code y = Identity(x)}, for float32 tensors of any shape. Bound to tensors of two devices, it copies from one
 * to the other without any GPU library.
 *
 * <p>Written field by field with the numbers of onnx.proto: ir_version 7 and opset 13, supported by ONNX Runtime since 1.6.
 */
public final class IdentityGraph {
    public static final String INPUT = "x";
    public static final String OUTPUT = "y";

    private IdentityGraph() {}

    /** Returns the model as bytes of an ONNX file. */
    public static byte[] model() {
        byte[] node = Bytes.concat(text(1, INPUT), text(2, OUTPUT), text(4, "Identity"));
        byte[] graph = Bytes.concat(
                message(1, node), text(2, "copy"), message(11, tensor(INPUT)), message(12, tensor(OUTPUT)));
        return Bytes.concat(number(1, 7), message(7, graph), message(8, number(2, 13)));
    }

    /** Returns a ValueInfoProto: a name, and a TypeProto of a tensor with an element type and no shape. */
    private static byte[] tensor(String name) {
        return Bytes.concat(text(1, name), message(2, message(1, number(1, ElementType.FLOAT32.code()))));
    }

    private static byte[] text(int field, String value) {
        return message(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a field. Its length must fit into the seven bits of a single varint byte. */
    private static byte[] message(int field, byte[] contents) {
        return Bytes.concat(new byte[] {(byte) (field << 3 | 2), (byte) contents.length}, contents);
    }

    private static byte[] number(int field, int value) {
        return new byte[] {(byte) (field << 3), (byte) value};
    }
}
