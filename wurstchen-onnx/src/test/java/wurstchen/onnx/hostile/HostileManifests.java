package wurstchen.onnx.hostile;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import wurstchen.onnx.Manifest;

/** Manifests with a value that is none, in every field, and text that is no manifest. */
final class HostileManifests {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** By pointer: values as JSON, separated by " | ". */
    private static final Map<String, String> VALUES = Map.ofEntries(
            Map.entry("/format", "null | \"other\" | 5"),
            Map.entry("/format_version", "-9223372036854775808 | 2.5 | 9999999999999999999999 | \"2\" | 3"),
            Map.entry("/family", "\"\" | \"\\u001b[2Jwuerstchen\" | []"),
            Map.entry("/name", "\"a\\u202eb\" | \"a\\u2028wurstchen: all is well\" | {}"),
            Map.entry("/description", "\"\\u009b2J\" | null"),
            Map.entry("/precision", "\"fp64\" | 32"),
            Map.entry("/provenance/tools", "[] | {\"a\\u0000b\": \"1\"}"),
            Map.entry("/geometry/resolution_multiple", "0 | -1 | 1e308 | 1e-300 | \"42\""),
            Map.entry("/geometry/latent_dim_scale", "0 | 4096 | 1e400"),
            Map.entry("/geometry/stage_c_channels", "0 | 4096 | 2147483648 | 16.5"),
            Map.entry("/geometry/stage_b_channels", "-4 | 5"),
            Map.entry("/geometry/stage_b_multiple", "0 | 4097"),
            Map.entry("/geometry/stage_a_factor", "0 | 4096 | 1073741828"),
            Map.entry("/scales/latent_std", "1e30 | null"),
            Map.entry("/schedules/stage_c/s", "-1 | 2"),
            Map.entry("/schedules/stage_b/scaler", "0"),
            Map.entry("/defaults/width", "0 | 100 | 2147483647"),
            Map.entry("/defaults/stage_c_steps", "0 | 1001 | 1e9"),
            Map.entry("/defaults/stage_b_guidance", "1e38"),
            Map.entry("/recommended/sizes", "[[1]] | [[1, 2, 3]] | 7"),
            Map.entry("/tokenizers/c/max_length", "1 | 4097"),
            Map.entry("/tokenizers/c/folder", "\"../tokenizer_c\" | \"tokenizer_x\" | \"/etc\""),
            Map.entry("/tokenizers/b/pad_token", "\"\" | \"other\""),
            Map.entry("/graphs/stage_c_step/file", "\"no.onnx\" | \"model.json\" | \"stage_b_step.onnx\" | \"../x.onnx\""),
            Map.entry("/graphs/stage_c_step/inputs/0/axes/1", "0 | 17 | \"A\" | 999999999"),
            Map.entry("/graphs/stage_c_step/inputs/0/dtype", "\"float64\""),
            Map.entry("/graphs/stage_c_step/inputs/0/name", "\"other\" | \"\""),
            Map.entry("/graphs/stage_a_decode", "null | {}"),
            Map.entry("/files/0/path", "\"/etc/passwd\" | \"../x\" | \"a//b\" | \"C:x\" | \"a\\\\b\" | \"x.\" | \"model.json\" | \"\" | \"w\u00fcrst\""),
            Map.entry("/files/0/size", "-1 | 1e18 | 4398046511105 | 5"),
            Map.entry("/files/0/sha256", "\"\" | \"00\" | null"));

    private HostileManifests() {}

    static Stream<HostileBundle> all() {
        return Stream.concat(values(), texts());
    }

    private static Stream<HostileBundle> values() {
        return VALUES.entrySet().stream().sorted(Map.Entry.comparingByKey()).flatMap(entry -> Stream.of(entry.getValue().split(" \\| "))
                .map(value -> new HostileBundle(
                        "manifest " + entry.getKey() + " = " + value, copy -> copy.edit(root -> set(root, entry.getKey(), value)))));
    }

    private static void set(ObjectNode root, String pointer, String value) {
        try {
            int slash = pointer.lastIndexOf('/');
            JsonNode parent = root.at(pointer.substring(0, slash));
            String key = pointer.substring(slash + 1);
            JsonNode parsed = JSON.readTree(value);
            if (parent instanceof ArrayNode array) {
                array.set(Integer.parseInt(key), parsed);
            } else {
                ((ObjectNode) parent).set(key, parsed);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HostileBundle text(String name, UnaryOperator<String> change) {
        return new HostileBundle("manifest " + name, copy -> Files.writeString(
                copy.file(Manifest.FILE_NAME), change.apply(new String(copy.read(Manifest.FILE_NAME), UTF_8))));
    }

    private static Stream<HostileBundle> texts() {
        return Stream.of(
                text("empty", json -> ""),
                text("cut in the middle", json -> json.substring(0, json.length() / 2)),
                text("a list", json -> "[" + json + "]"),
                text("followed by another", json -> json + json),
                text("with a key twice", json -> json.replaceFirst("\\{", "{\"name\": \"other\",")),
                text("with a comment", json -> "/* all is well */" + json),
                text("with NaN", json -> json.replace("42.67", "NaN")),
                text("nested 100,000 deep", json -> "{\"a\":".repeat(100_000)),
                text("with a number of 5,000 digits", json -> json.replace("42.67", "4".repeat(5000))),
                text("of 5 MB", json -> json + " ".repeat(5 << 20)),
                text("with a key of 1 MB", json -> json.replaceFirst("\\{", "{\"" + "k".repeat(1 << 20) + "\": 1,")),
                new HostileBundle("manifest with 10,001 files", copy -> copy.edit(root -> {
                    for (int i = 0; i <= 10_000; i++) {
                        root.withArray("files").addObject();
                    }
                })),
                new HostileBundle("manifest with 101 graphs", copy -> copy.edit(root -> {
                    for (int i = 0; i <= 100; i++) {
                        ((ObjectNode) root.get("graphs")).putObject("g" + i);
                    }
                })),
                text("with a graph's name that forges a line", json -> json.replace("\"stage_a_encode\"", "\"\\nwurstchen: all is well\"")),
                new HostileBundle("manifest of UTF-16", copy -> Files.write(
                        copy.file(Manifest.FILE_NAME), new String(copy.read(Manifest.FILE_NAME), UTF_8).getBytes(UTF_16LE))),
                new HostileBundle("manifest of bytes that are no text", copy -> Files.write(
                        copy.file(Manifest.FILE_NAME), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1})));
    }
}
