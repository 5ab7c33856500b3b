package wurstchen.onnx.internal.bundle;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import wurstchen.PictureDefaults;
import wurstchen.PictureRequest;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentScale;

/**
 * Reads {@code model.json} as untrusted input: types, ranges, names and paths are checked. Unknown keys are ignored, so that a newer
 * exporter of the same format version can add some.
 */
public final class ManifestReader {
    /** Larger files are rejected: no manifest is as large. */
    public static final int MAX_BYTES = 4 << 20;

    private static final int MAX_FILES = 10_000;
    private static final int MAX_GRAPHS = 100;
    private static final int MAX_TENSORS = 100;
    private static final int MAX_AXES = 8;
    private static final int MAX_AXIS = 1 << 24;
    private static final int MAX_TOKENS = 4096;
    private static final int MAX_CHANNELS = 4096;
    private static final double MAX_FACTOR = 1e6;
    private static final int MAX_ENCODED_SIDE = 2048;
    private static final double LEAST_DEVIATION = 1e-6;
    private static final long MAX_FILE_BYTES = 1L << 42;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ManifestReader() {}

    /**
     * Reads a manifest.
     *
     * @throws ModelBundleException if a value is missing or not what this library takes
     */
    public static Manifest read(byte[] bytes) {
        ManifestNode root = new ManifestNode("", parse(bytes));
        checkFormat(root);
        Family family = Family.named(root.get("family").text());
        ImmutableMap<String, BundleFile> files = files(root.get("files"));
        LatentGeometry geometry = geometry(root.get("geometry"));
        return new ReadManifest(
                about(root),
                geometry,
                scales(root),
                new Manifest.Schedules(
                        schedule(root.get("schedules").get("stage_c")), schedule(root.get("schedules").get("stage_b"))),
                defaults(root.get("defaults"), geometry),
                root.get("recommended").get("sizes").list(1000, ManifestReader::size),
                new Manifest.Tokenizers(
                        tokenizer(root.get("tokenizers").get(family.tokenizerC())),
                        tokenizer(root.get("tokenizers").get(family.tokenizerB()))),
                root.get("graphs").map(MAX_GRAPHS, node -> graph(node, files)),
                root.has("image_prompts") ? Optional.of(imagePrompts(root.get("image_prompts"))) : Optional.empty(),
                root.has("previews") ? Optional.of(listed(root.get("previews").get("file"), files)) : Optional.empty(),
                files);
    }

    private static JsonNode parse(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            String where = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new ModelBundleException(
                    Manifest.FILE_NAME + " is not valid JSON" + where + ": " + OneLine.of(e.getOriginalMessage()) + "; "
                            + FileCheck.FETCH_AGAIN,
                    e);
        } catch (IOException e) {
            throw new ModelBundleException(Manifest.FILE_NAME + " cannot be read: " + OneLine.of(e.getMessage()), e);
        }
    }

    private static void checkFormat(ManifestNode root) {
        root.get("format").textOf(Manifest.FORMAT);
        long version = root.get("format_version").integer(1L, Integer.MAX_VALUE);
        if (version != Manifest.FORMAT_VERSION) {
            throw new ModelBundleException(Manifest.FILE_NAME + ": format_version is " + version + ", this library reads "
                    + Manifest.FORMAT_VERSION + "; use a matching version of the library or export the bundle again");
        }
    }

    private static Manifest.About about(ManifestNode root) {
        ManifestNode provenance = root.get("provenance");
        return new ReadManifest.ReadAbout(
                root.get("family").text(),
                root.get("name").text(),
                root.get("description").text(),
                root.get("precision").textOf("fp32", "fp16"),
                root.get("weights").textOf("fp32", "fp16", "int8"),
                new ReadManifest.ReadProvenance(
                        provenance.get("source").text(),
                        provenance.get("revision").text(),
                        provenance.get("licence").text(),
                        provenance.get("exported").text(),
                        provenance.get("tools").map(MAX_GRAPHS, ManifestNode::text)));
    }

    private static LatentGeometry geometry(ManifestNode node) {
        return new LatentGeometry(
                node.get("resolution_multiple").number(1, LatentGeometry.MAX_SIDE),
                node.get("latent_dim_scale").number(1, LatentGeometry.MAX_SIDE),
                node.get("stage_c_channels").integer(1, MAX_CHANNELS),
                node.get("stage_b_channels").integer(1, MAX_CHANNELS),
                node.get("stage_b_multiple").integer(1, LatentGeometry.MAX_SIDE),
                node.get("stage_a_factor").integer(1, LatentGeometry.MAX_SIDE),
                node.has("stage_b_minimum") ? node.get("stage_b_minimum").integer(1, LatentGeometry.MAX_SIDE) : 1);
    }

    private static Manifest.Scales scales(ManifestNode root) {
        ManifestNode node = root.get("scales");
        ManifestNode geometry = root.get("geometry");
        return new ReadManifest.ReadScales(
                new LatentScale(
                        node.get("latent_mean").real(-MAX_FACTOR, MAX_FACTOR),
                        node.get("latent_std").real(-MAX_FACTOR, MAX_FACTOR)),
                node.get("stage_a_scale").real(-MAX_FACTOR, MAX_FACTOR),
                geometry.has("compressor_scale")
                        ? OptionalDouble.of(geometry.get("compressor_scale").number(1.0 / 1024, 1024))
                        : OptionalDouble.empty());
    }

    private static CosineSchedule schedule(ManifestNode node) {
        return new CosineSchedule(node.get("s").real(0, 1), node.get("scaler").real(1e-3, 1e3));
    }

    private static PictureDefaults defaults(ManifestNode node, LatentGeometry geometry) {
        int width = node.get("width").integer(1, LatentGeometry.MAX_SIDE);
        int height = node.get("height").integer(1, LatentGeometry.MAX_SIDE);
        try {
            geometry.checkSize(height, width);
        } catch (IllegalArgumentException e) {
            throw new ModelBundleException(
                    Manifest.FILE_NAME + ": defaults do not fit geometry: " + e.getMessage() + "; export the bundle again", e);
        }
        return PictureDefaults.builder()
                .size(width, height)
                .stageC(
                        node.get("stage_c_steps").integer(1, PictureRequest.MAX_STEPS),
                        node.get("stage_c_guidance").real(-MAX_FACTOR, MAX_FACTOR))
                .stageB(
                        node.get("stage_b_steps").integer(1, PictureRequest.MAX_STEPS),
                        node.get("stage_b_guidance").real(-MAX_FACTOR, MAX_FACTOR))
                .build();
    }

    private static Manifest.PictureSize size(ManifestNode node) {
        ImmutableList<Integer> sides = node.list(2, side -> side.integer(1, LatentGeometry.MAX_SIDE));
        if (sides.size() != 2) {
            throw node.expected("[width, height]");
        }
        return new Manifest.PictureSize(sides.get(0), sides.get(1));
    }

    private static Manifest.ImagePrompts imagePrompts(ManifestNode node) {
        node.get("resample").textOf("bicubic");
        int resize = node.get("resize").integer(1, MAX_ENCODED_SIDE);
        return new Manifest.ImagePrompts(
                resize,
                node.get("crop").integer(1, resize),
                colours(node.get("mean"), -MAX_FACTOR),
                colours(node.get("std"), LEAST_DEVIATION));
    }

    private static ImmutableList<Float> colours(ManifestNode node, double lowest) {
        ImmutableList<Float> colours = node.list(3, colour -> colour.real(lowest, MAX_FACTOR));
        if (colours.size() != 3) {
            throw node.expected("[red, green, blue]");
        }
        return colours;
    }

    private static Manifest.TokenizerSpec tokenizer(ManifestNode node) {
        return new Manifest.TokenizerSpec(
                BundlePath.checked(node.get("folder")),
                node.get("pad_token").text(),
                node.get("max_length").integer(2, MAX_TOKENS));
    }

    private static GraphSpec graph(ManifestNode node, ImmutableMap<String, BundleFile> files) {
        String name = node.place().substring(node.place().lastIndexOf('.') + 1);
        return new GraphSpec(
                name,
                listed(node.get("file"), files),
                node.get("inputs").list(MAX_TENSORS, ManifestReader::tensor),
                node.get("outputs").list(MAX_TENSORS, ManifestReader::tensor));
    }

    private static String listed(ManifestNode file, ImmutableMap<String, BundleFile> files) {
        if (!files.containsKey(file.text())) {
            throw file.expected("a path that files lists");
        }
        return file.text();
    }

    private static TensorSpec tensor(ManifestNode node) {
        return new TensorSpec(
                node.get("name").text(),
                node.get("dtype").textOf(TensorSpec.FLOAT32, TensorSpec.INT64, TensorSpec.UINT8),
                node.get("axes").list(MAX_AXES, ManifestReader::axis));
    }

    private static String axis(ManifestNode node) {
        if (!node.json().isTextual()) {
            return Integer.toString(node.integer(1, MAX_AXIS));
        }
        if (!node.text().matches("[a-z][a-z0-9_]*")) {
            throw node.expected("a length or a symbol of lower-case letters, digits and '_'");
        }
        return node.text();
    }

    private static ImmutableMap<String, BundleFile> files(ManifestNode node) {
        // A case-insensitive file system would keep only one of two such paths.
        Map<String, String> seen = new HashMap<>();
        ImmutableMap.Builder<String, BundleFile> files = ImmutableMap.builder();
        for (BundleFile file : node.list(MAX_FILES, ManifestReader::file)) {
            String before = seen.put(file.path().toLowerCase(Locale.ROOT), file.path());
            if (before != null) {
                throw new ModelBundleException(Manifest.FILE_NAME + ": files lists " + file.path() + " twice"
                        + (before.equals(file.path()) ? "" : " (as " + before + " too)") + "; "
                        + FileCheck.FETCH_AGAIN);
            }
            files.put(file.path(), file);
        }
        return files.buildOrThrow();
    }

    private static BundleFile file(ManifestNode node) {
        String path = BundlePath.checked(node.get("path"));
        if (path.equalsIgnoreCase(Manifest.FILE_NAME)) {
            throw node.get("path").expected("another file than the manifest itself");
        }
        ManifestNode sha256 = node.get("sha256");
        if (!sha256.text().matches("[0-9a-f]{64}")) {
            throw sha256.expected("64 lower-case hexadecimal digits");
        }
        return new BundleFile(path, node.get("size").integer(0L, MAX_FILE_BYTES), sha256.text());
    }
}
