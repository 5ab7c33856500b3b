package wurstchen.onnx.internal.cascade;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.Pixels;

/** The image encoder as an exported graph. Thread-safe. */
public final class OnnxImageEncoder implements ImageEncoder {
    /** Input of the graph. */
    public static final String PIXEL_VALUES = "pixel_values";

    /** Output of the graph. */
    public static final String IMAGE_EMBEDDINGS = "image_embeddings";

    /** The graphs of the encoder. */
    static final ImmutableList<String> GRAPHS = ImmutableList.of(GraphSpec.IMAGE_ENCODER);

    private final BoundSession graph;
    private final ImagePreprocessing preprocessing;
    private final int width;

    private OnnxImageEncoder(Manifest manifest, Map<String, BoundSession> sessions) {
        graph = requireNonNull(sessions.get(GraphSpec.IMAGE_ENCODER));
        preprocessing = new ImagePreprocessing(manifest.imagePrompts().orElseThrow());
        width = (int) graph.spec().outputs().get(0).length(1);
    }

    /** Returns whether a model takes image prompts. */
    public static boolean isIn(Manifest manifest) {
        return manifest.graphs().containsKey(GraphSpec.IMAGE_ENCODER);
    }

    /**
     * Opens the encoder on an engine of its own.
     *
     * @param bundle stays open as long as the encoder
     * @param provider where to run
     * @return the encoder, owned by the caller
     * @throws ModelBundleException if the model has none, or the graph is not what the manifest says
     * @throws wurstchen.WurstchenException if ONNX Runtime cannot open it
     */
    public static OnnxImageEncoder open(VerifiedBundle bundle, ExecutionProvider provider) {
        checkPresent(bundle.manifest());
        return new OnnxImageEncoder(bundle.manifest(), CascadeSessions.open(bundle, provider, GRAPHS));
    }

    /** Opens the encoder on a shared engine. */
    public static OnnxImageEncoder open(VerifiedBundle bundle, OnnxEngine engine) {
        checkPresent(bundle.manifest());
        return new OnnxImageEncoder(bundle.manifest(), CascadeSessions.open(bundle, engine, GRAPHS));
    }

    private static void checkPresent(Manifest manifest) {
        if (!isIn(manifest)) {
            throw new ModelBundleException(Manifest.FILE_NAME + ": graphs has no " + GraphSpec.IMAGE_ENCODER
                    + ": this model takes no image prompts; export one of the family stable-cascade with its image encoder");
        }
    }

    @Override
    public ImageEmbeddings encode(Pixels pixels) {
        OnnxEngine engine = graph.engine();
        int side = preprocessing.side();
        try (Tensor input = engine.upload(preprocessing.apply(pixels), pixels.pictures(), ImagePreprocessing.COLOURS, side, side);
                Tensor embeddings = engine.tensor(ElementType.FLOAT32, pixels.pictures(), width)) {
            graph.run(ImmutableMap.of(PIXEL_VALUES, input), ImmutableMap.of(IMAGE_EMBEDDINGS, embeddings)).close();
            return ImageEmbeddings.of(width, engine.readFloats(embeddings));
        }
    }

    @Override
    public void close() {
        Closing.all(List.of(graph));
    }
}
