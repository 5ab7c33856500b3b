package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;
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
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageA;

/** Stage A as two exported graphs. Scaling of the latents and clamping of the pixels are inside the graphs. Thread-safe. */
public final class OnnxStageA implements StageA {
    /** Outputs of the graph that decodes. */
    public static final String PIXELS = "pixels";

    public static final String LEVELS = "levels";
    public static final String PIXEL_SUM = "pixel_sum";

    private static final String NAME = "Stage A";

    /** The graphs of the stage. */
    public static final ImmutableList<String> GRAPHS =
            ImmutableList.of(GraphSpec.STAGE_A_DECODE, GraphSpec.STAGE_A_ENCODE);
    private final BoundSession decode;
    private final BoundSession encode;
    private final int factor;
    private final int channels;

    public OnnxStageA(Manifest manifest, Map<String, BoundSession> sessions) {
        this.decode = requireNonNull(sessions.get(GraphSpec.STAGE_A_DECODE));
        this.encode = requireNonNull(sessions.get(GraphSpec.STAGE_A_ENCODE));
        this.factor = manifest.geometry().stageAFactor();
        this.channels = manifest.geometry().stageBChannels();
    }

    /**
     * Opens the stage on an engine of its own.
     *
     * @param bundle stays open as long as the stage
     * @param provider where to run
     * @return the stage, owned by the caller
     * @throws ModelBundleException if a graph is not what the manifest says
     * @throws wurstchen.WurstchenException if ONNX Runtime cannot open one
     */
    public static OnnxStageA open(VerifiedBundle bundle, ExecutionProvider provider) {
        return new OnnxStageA(bundle.manifest(), CascadeSessions.open(bundle, provider, GRAPHS));
    }

    /** Opens the stage on a shared engine. */
    public static OnnxStageA open(VerifiedBundle bundle, OnnxEngine engine) {
        return new OnnxStageA(bundle.manifest(), CascadeSessions.open(bundle, engine, GRAPHS));
    }

    @Override
    public Pixels decode(Latents stageBLatents) {
        LatentShape shape = stageBLatents.shape();
        RunShapes.checkChannels(NAME, "Stage B latents", decode.input("stage_b_latents"), shape);
        int height = shape.height() * factor;
        int width = shape.width() * factor;
        try (TensorLoan latents = TensorLoan.of(decode.engine(), stageBLatents)) {
            boolean levels = hasLevels(decode.spec()) && OnnxPixels.canRead(height, width);
            return levels ? onDevice(latents, shape.pictures(), height, width) : onHost(latents, shape.pictures(), height, width);
        }
    }

    /** Returns whether a graph computes levels; those of older bundles have pixels alone. */
    public static boolean hasLevels(GraphSpec decode) {
        return decode.outputs().size() > 1;
    }

    private Pixels onDevice(TensorLoan latents, int pictures, int height, int width) {
        OnnxPixels pixels = OnnxPixels.allocate(decode.engine(), pictures, height, width);
        try {
            Map<String, Tensor> outputs = ImmutableMap.of(
                    PIXELS, pixels.valuesTensor(), LEVELS, pixels.levelsTensor(), PIXEL_SUM, pixels.sumTensor());
            decode.run(ImmutableMap.of("stage_b_latents", latents.tensor()), outputs).close();
            return Pixels.of(pictures, height, width, pixels);
        } catch (RuntimeException e) {
            pixels.close();
            throw e;
        }
    }

    private Pixels onHost(TensorLoan latents, int pictures, int height, int width) {
        OnnxEngine engine = decode.engine();
        try (Tensor pixels = engine.tensor(ElementType.FLOAT32, pictures, OnnxPixels.COLOURS, height, width)) {
            decode.run(ImmutableMap.of("stage_b_latents", latents.tensor()), ImmutableMap.of(PIXELS, pixels)).close();
            return new Pixels(pictures, height, width, engine.readFloats(pixels));
        }
    }

    @Override
    public Latents encode(Pixels pixels) {
        checkArgument(
                pixels.height() % factor == 0 && pixels.width() % factor == 0,
                "%s encodes pictures whose sides are multiples of %s, got %sx%s",
                NAME,
                factor,
                pixels.width(),
                pixels.height());
        LatentShape shape =
                new LatentShape(pixels.pictures(), channels, pixels.height() / factor, pixels.width() / factor);
        OnnxEngine engine = encode.engine();
        Tensor latents = engine.tensor(ElementType.FLOAT32, shape.toArray());
        try (Tensor input = engine.upload(pixels.values(), pixels.pictures(), OnnxPixels.COLOURS, pixels.height(), pixels.width())) {
            encode.run(ImmutableMap.of(PIXELS, input), ImmutableMap.of("stage_b_latents", latents)).close();
            return OnnxLatents.owning(engine, shape, latents);
        } catch (RuntimeException e) {
            latents.close();
            throw e;
        }
    }

    @Override
    public void close() {
        Closing.all(List.of(decode, encode));
    }
}
