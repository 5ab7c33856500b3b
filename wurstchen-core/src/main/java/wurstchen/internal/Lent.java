package wurstchen.internal;

import java.util.List;
import java.util.OptionalInt;
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

/** Parts of a cascade that somebody else closes. */
public final class Lent {
    private Lent() {}

    /**
     * A lent text encoder.
     *
     * @param owned what is lent
     */
    public record Encoder(TextEncoder owned) implements TextEncoder {
        @Override
        public HiddenStates encode(List<TokenIds> rows) {
            return owned.encode(rows);
        }

        @Override
        public OptionalInt width() {
            return owned.width();
        }

        @Override
        public OptionalInt pooledWidth() {
            return owned.pooledWidth();
        }

        @Override
        public void close() {
            // The owner does.
        }
    }

    /**
     * A lent Stage C.
     *
     * @param owned what is lent
     */
    public record C(StageC owned) implements StageC {
        @Override
        public DenoisingRun start(HiddenStates text, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
            return owned.start(text, shape, steps, guidance, noise);
        }

        @Override
        public DenoisingRun start(
                HiddenStates text, ImageEmbeddings images, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
            return owned.start(text, images, shape, steps, guidance, noise);
        }

        @Override
        public void close() {
            // The owner does.
        }
    }

    /**
     * A lent Stage B.
     *
     * @param owned what is lent
     */
    public record B(StageB owned) implements StageB {
        @Override
        public DenoisingRun start(
                HiddenStates text,
                Latents stageCLatents,
                LatentShape shape,
                StepTable steps,
                Guidance guidance,
                NoiseSource noise) {
            return owned.start(text, stageCLatents, shape, steps, guidance, noise);
        }

        @Override
        public void close() {
            // The owner does.
        }
    }

    /**
     * A lent image encoder.
     *
     * @param owned what is lent
     */
    public record Images(ImageEncoder owned) implements ImageEncoder {
        @Override
        public ImageEmbeddings encode(Pixels pixels) {
            return owned.encode(pixels);
        }

        @Override
        public void close() {
            // The owner does.
        }
    }

    /**
     * A lent semantic compressor.
     *
     * @param owned what is lent
     */
    public record Compressor(SemanticCompressor owned) implements SemanticCompressor {
        @Override
        public Latents encode(Pixels pixels) {
            return owned.encode(pixels);
        }

        @Override
        public void close() {
            // The owner does.
        }
    }

    /**
     * A lent Stage A.
     *
     * @param owned what is lent
     */
    public record A(StageA owned) implements StageA {
        @Override
        public Pixels decode(Latents stageBLatents) {
            return owned.decode(stageBLatents);
        }

        @Override
        public Latents encode(Pixels pixels) {
            return owned.encode(pixels);
        }

        @Override
        public void close() {
            // The owner does.
        }
    }
}
