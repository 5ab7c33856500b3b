package wurstchen.onnx.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.primitives.Bytes;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import wurstchen.onnx.internal.bundle.OnnxBytes;

/** Graphs that are none, reach outside of the bundle, or cost too much, and weights of wrong size or value. Their author mends the manifest. */
final class HostileGraphs {
    private static final String STEP = "stage_c_step.onnx";

    private HostileGraphs() {}

    private static HostileBundle graph(String name, byte[] content) {
        return new HostileBundle("graph: " + name, copy -> copy.replace(STEP, content));
    }

    /** Fields after those of the model: protobuf merges them. */
    private static HostileBundle added(String name, byte[] fields) {
        return new HostileBundle("graph: " + name, copy -> copy.replace(STEP, Bytes.concat(copy.read(STEP), fields)));
    }

    private static HostileBundle external(String name, String path, Map<String, String> entries, byte... fields) {
        return added(name, OnnxBytes.nested(path, Bytes.concat(fields, OnnxBytes.externalData(entries))));
    }

    private static byte[] text(String field, String value) {
        return OnnxBytes.nested(field, value.getBytes(UTF_8));
    }

    private static byte[] function(String name, String... calls) {
        byte[] body = {};
        for (String call : calls) {
            body = Bytes.concat(body, OnnxBytes.nested("7", Bytes.concat(text("4", call), text("7", "d"))));
        }
        return OnnxBytes.nested("25", Bytes.concat(text("1", name), text("10", "d"), body));
    }

    private static byte[] doubling(int functions) {
        byte[] model = {};
        for (int i = 1; i <= functions; i++) {
            model = Bytes.concat(model, function("f" + i, "f" + (i - 1), "f" + (i - 1)));
        }
        return Bytes.concat(model, OnnxBytes.nested("7 1", Bytes.concat(text("4", "f" + functions), text("7", "d"))));
    }

    private static byte[] nested(int depth) {
        byte[] message = {};
        for (int i = 0; i < depth; i++) {
            message = OnnxBytes.nested("1 5 6", message);
        }
        return OnnxBytes.nested("7", message);
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private static HostileBundle weights(String name, String file, int keep, int fill) {
        return new HostileBundle("weights: " + name, copy -> {
            byte[] bytes = copy.read(file);
            if (fill >= 0) {
                Arrays.fill(bytes, (byte) fill);
            }
            copy.replace(file, Arrays.copyOf(bytes, Math.min(keep, bytes.length)));
        });
    }

    static Stream<HostileBundle> all() {
        return Stream.of(
                graph("empty", new byte[0]),
                graph("noise", noise(10_000)),
                graph("text", "a picture of a model".getBytes(UTF_8)),
                graph("no graph in it", text("2", "mine")),
                new HostileBundle("graph: cut in the middle", copy -> copy.replace(STEP, Arrays.copyOf(copy.read(STEP), copy.read(STEP).length / 2))),
                new HostileBundle("graph: another one", copy -> copy.replace(STEP, copy.read("stage_b_step.onnx"))),
                new HostileBundle("graph: an unknown operator", copy -> copy.rename(STEP, "MatMul", "Mischf")),
                new HostileBundle("graph: an input of another name", copy -> copy.rename(STEP, "latents", "laments")),
                added("functions that call each other twice, 40 deep", doubling(40)),
                added("functions that call each other twice, 25 deep", doubling(25)),
                added("a function that calls itself", function("f", "f")),
                added("functions that call each other", Bytes.concat(function("f", "g"), function("g", "f"))),
                added("graphs in graphs", nested(200)),
                added("600,000 empty nodes", OnnxBytes.nested("7", nodes(600_000))),
                external("weights outside of the bundle", "7 5", Map.of("location", "../../etc/passwd", "length", "4")),
                external("weights at an absolute place", "7 5", Map.of("location", "/etc/passwd", "length", "4")),
                external("weights in a file that nobody lists", "7 5", Map.of("location", "other.data", "length", "4")),
                external("weights whose name forges a line", "7 5", Map.of("location", "x\nwurstchen: all is well", "length", "4")),
                added("weights of a function", OnnxBytes.nested("25", Bytes.concat(
                        text("1", "f"),
                        OnnxBytes.nested("7", Bytes.concat(
                                text("4", "Constant"),
                                OnnxBytes.nested("5 5", OnnxBytes.externalData(Map.of("location", "stage_c_step.onnx.data", "length", "4")))))))),
                external("weights of a graph inside", "7 1 5 6 5", Map.of("location", "stage_c_step.onnx.data", "length", "4")),
                external("weights without a length", "7 5", Map.of("location", "stage_c_step.onnx.data")),
                external("weights before their file", "7 5", Map.of("location", "stage_c_step.onnx.data", "offset", "-4", "length", "4")),
                external("weights beyond long", "7 5", Map.of("location", "stage_c_step.onnx.data", "offset", "9223372036854775807", "length", "4")),
                external("weights beyond their file", "7 5", Map.of("location", "stage_c_step.onnx.data", "offset", "99999999", "length", "4")),
                external("a length that is no number", "7 5", Map.of("location", "stage_c_step.onnx.data", "length", "many")),
                external("a shape that no memory holds", "7 5", Map.of("location", "stage_c_step.onnx.data", "length", "4"),
                        (byte) 0x08, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x40),
                external("a type that is none", "7 5", Map.of("location", "stage_c_step.onnx.data", "length", "4"),
                        (byte) 0x10, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0x7f),
                weights("cut in the middle", "stage_c_step.onnx.data", 1000, -1),
                weights("empty", "stage_b_step.onnx.data", 0, -1),
                weights("not finite", "stage_c_step.onnx.data", Integer.MAX_VALUE, 0xff),
                weights("of Stage A not finite", "stage_a_decode.onnx.data", Integer.MAX_VALUE, 0xff),
                weights("of a text encoder not finite", "text_encoder_c.onnx.data", Integer.MAX_VALUE, 0xff),
                weights("all zero", "stage_b_step.onnx.data", Integer.MAX_VALUE, 0));
    }

    private static byte[] nodes(int count) {
        byte[] nodes = new byte[2 * count];
        for (int i = 0; i < nodes.length; i += 2) {
            nodes[i] = 1 << 3 | 2;
        }
        return nodes;
    }
}
