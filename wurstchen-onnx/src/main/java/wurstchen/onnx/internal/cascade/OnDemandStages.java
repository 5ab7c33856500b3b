package wurstchen.onnx.internal.cascade;

import java.util.List;
import java.util.OptionalInt;
import wurstchen.onnx.GraphSpec;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.SemanticCompressor;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;
import wurstchen.text.TokenIds;

/** The parts of a cascade in low-memory mode: each is opened when it is needed and closed before the next one. Thread-safe. */
public final class OnDemandStages {
    private OnDemandStages() {}

    /**
     * A text encoder that is open while it encodes.
     *
     * @param hiddenWidth values of a token, as the model's manifest says
     * @param encoders opens it
     */
    public record Encoder(GraphSpec graph, OpenOnDemand<OnnxTextEncoder> encoders) implements TextEncoder {
        @Override
        public OptionalInt width() {
            return OnnxTextEncoder.width(graph);
        }

        @Override
        public OptionalInt pooledWidth() {
            return OnnxTextEncoder.pooledWidth(graph);
        }

        @Override
        public HiddenStates encode(List<TokenIds> rows) {
            return encoders.use(encoder -> encoder.encode(rows));
        }

        @Override
        public void close() {
            encoders.close();
        }
    }

    /** A Stage C that is open during a run. */
    public record C(OpenOnDemand<OnnxStageC> stages) implements StageC {
        @Override
        public DenoisingRun start(
                HiddenStates text, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
            return OnDemandRun.start(stages, stage -> stage.start(text, shape, steps, guidance, noise));
        }

        @Override
        public DenoisingRun start(
                HiddenStates text, ImageEmbeddings images, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
            return OnDemandRun.start(stages, stage -> stage.start(text, images, shape, steps, guidance, noise));
        }

        @Override
        public void close() {
            stages.close();
        }
    }

    /** An image encoder that is open while it encodes. */
    public record Images(OpenOnDemand<OnnxImageEncoder> encoders) implements ImageEncoder {
        @Override
        public ImageEmbeddings encode(Pixels pixels) {
            return encoders.use(encoder -> encoder.encode(pixels));
        }

        @Override
        public void close() {
            encoders.close();
        }
    }

    /** A Stage B that is open during a run. */
    public record B(OpenOnDemand<OnnxStageB> stages) implements StageB {
        @Override
        public DenoisingRun start(
                HiddenStates text,
                Latents stageCLatents,
                LatentShape shape,
                StepTable steps,
                Guidance guidance,
                NoiseSource noise) {
            return OnDemandRun.start(stages, stage -> stage.start(text, stageCLatents, shape, steps, guidance, noise));
        }

        @Override
        public void close() {
            stages.close();
        }
    }

    /** A semantic compressor that is open while it encodes. */
    public record Compressor(OpenOnDemand<OnnxSemanticCompressor> compressors) implements SemanticCompressor {
        @Override
        public Latents encode(Pixels pixels) {
            return compressors.use(compressor -> compressor.encode(pixels));
        }

        @Override
        public void close() {
            compressors.close();
        }
    }

    /** A Stage A that is open while it decodes or encodes. */
    public record A(OpenOnDemand<OnnxStageA> stages) implements StageA {
        @Override
        public Pixels decode(Latents stageBLatents) {
            return stages.use(stage -> stage.decode(stageBLatents));
        }

        @Override
        public Latents encode(Pixels pixels) {
            return stages.use(stage -> stage.encode(pixels));
        }

        @Override
        public void close() {
            stages.close();
        }
    }
}
