package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import wurstchen.internal.BilinearResize;
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
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.SemanticCompressor;

/**
 * The semantic compressor as an exported graph. The graph takes pixels in [0, 1] of the size that the manifest's {@code compressor_scale}
 * says, and gives semantic latents. They are turned into Stage C latents on the host, once per picture. Thread-safe.
 */
public final class OnnxSemanticCompressor implements SemanticCompressor {
    private static final String NAME = "the semantic compressor";
    /** The graphs of the compressor. */
    static final ImmutableList<String> GRAPHS = ImmutableList.of(GraphSpec.SEMANTIC_COMPRESSOR);
    private static final int COLOURS = 3;

    private final Manifest manifest;
    private final BoundSession graph;

    private OnnxSemanticCompressor(Manifest manifest, Map<String, BoundSession> sessions) {
        this.manifest = manifest;
        this.graph = requireNonNull(sessions.get(GraphSpec.SEMANTIC_COMPRESSOR));
    }

    /** Returns whether a model has a compressor. */
    public static boolean isIn(Manifest manifest) {
        return manifest.graphs().containsKey(GraphSpec.SEMANTIC_COMPRESSOR);
    }

    /**
     * Opens the compressor on an engine of its own.
     *
     * @param bundle stays open as long as the compressor
     * @param provider where to run
     * @return the compressor, owned by the caller
     * @throws ModelBundleException if the model has none, or the graph is not what the manifest says
     * @throws wurstchen.WurstchenException if ONNX Runtime cannot open it
     */
    public static OnnxSemanticCompressor open(VerifiedBundle bundle, ExecutionProvider provider) {
        checkPresent(bundle.manifest());
        return new OnnxSemanticCompressor(bundle.manifest(), CascadeSessions.open(bundle, provider, GRAPHS));
    }

    /** Opens the compressor on a shared engine. */
    public static OnnxSemanticCompressor open(VerifiedBundle bundle, OnnxEngine engine) {
        checkPresent(bundle.manifest());
        return new OnnxSemanticCompressor(bundle.manifest(), CascadeSessions.open(bundle, engine, GRAPHS));
    }

    private static void checkPresent(Manifest manifest) {
        if (!isIn(manifest)) {
            throw new ModelBundleException(Manifest.FILE_NAME + ": graphs has no " + GraphSpec.SEMANTIC_COMPRESSOR
                    + ": this model cannot read pictures; export one that has a compressor");
        }
    }

    @Override
    public Latents encode(Pixels pixels) {
        LatentShape shape = manifest.geometry().stageC(pixels.pictures(), pixels.height(), pixels.width());
        double scale = manifest.scales().compressor().orElse(1);
        Pixels seen = BilinearResize.resize(pixels, side(pixels.height(), scale), side(pixels.width(), scale));
        OnnxEngine engine = graph.engine();
        try (Tensor input = engine.upload(seen.values(), seen.pictures(), COLOURS, seen.height(), seen.width());
                Tensor semantic = engine.tensor(ElementType.FLOAT32, shape.toArray())) {
            graph.run(ImmutableMap.of("pixels", input), ImmutableMap.of("semantic_latents", semantic)).close();
            return Latents.onHost(shape, manifest.scales().latents().toStageC(engine.readFloats(semantic)));
        }
    }

    private static int side(int px, double scale) {
        double exact = px * scale;
        int side = (int) Math.round(exact);
        checkArgument(Math.abs(exact - side) < 1e-6 * px, "%s cannot encode a side of %s px: %s px is no whole number", NAME, px, exact);
        return side;
    }

    @Override
    public void close() {
        Closing.all(List.of(graph));
    }
}
