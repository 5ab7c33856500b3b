package wurstchen.onnx.internal.bundle;

import com.google.common.primitives.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Parts of an ONNX model, byte by byte. */
public final class OnnxBytes {
    private OnnxBytes() {}

    /** Puts a message into others, by field numbers from the outermost in. */
    public static byte[] nested(String path, byte[] innermost) {
        byte[] message = innermost;
        String[] fields = path.split(" ");
        for (int i = fields.length - 1; i >= 0; i--) {
            message = field(Integer.parseInt(fields[i]), message);
        }
        return message;
    }

    /** The fields of a tensor that say where its values lie. */
    public static byte[] externalData(Map<String, String> entries) {
        byte[] fields = {};
        for (Map.Entry<String, String> entry : entries.entrySet()) {
            byte[] key = field(1, entry.getKey().getBytes(StandardCharsets.UTF_8));
            byte[] value = field(2, entry.getValue().getBytes(StandardCharsets.UTF_8));
            fields = Bytes.concat(fields, field(13, Bytes.concat(key, value)));
        }
        return fields;
    }

    private static byte[] field(int number, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, number << 3 | 2);
        varint(out, content.length);
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest > 0x7f) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
