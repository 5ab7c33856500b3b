package wurstchen.onnx.internal.operators;

import com.google.common.primitives.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Fields of protobuf messages, of which ONNX models are made. */
public final class OnnxBytes {
    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;

    private OnnxBytes() {}

    /** Returns a field of several ones, a message, bytes or a text. */
    public static byte[] message(int field, byte[]... contents) {
        byte[] all = Bytes.concat(contents);
        return Bytes.concat(varint((long) field << 3 | LENGTH_DELIMITED), varint(all.length), all);
    }

    /** Returns a field of text. */
    public static byte[] text(int field, String value) {
        return message(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a field of an integer. */
    public static byte[] number(int field, long value) {
        return Bytes.concat(varint((long) field << 3 | VARINT), varint(value));
    }

    /** Returns a field of a float32. */
    public static byte[] real(int field, float value) {
        return Bytes.concat(
                varint((long) field << 3 | FIXED_32),
                ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    }

    private static byte[] varint(long value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
        return bytes.toByteArray();
    }
}
