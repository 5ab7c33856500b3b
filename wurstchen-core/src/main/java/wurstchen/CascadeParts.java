package wurstchen;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import wurstchen.image.LatentProjection;
import wurstchen.internal.Lent;
import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.SemanticCompressor;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;

/**
 * What a pipeline is made of, for programs that run the stages themselves, and for other pipelines. The parts belong to the pipeline:
 * closing one of them does nothing, and they can be used until the pipeline is closed. Immutable.
 */
public final class CascadeParts {
    private final ClipTokenizer tokenizerC;
    private final ClipTokenizer tokenizerB;
    private final TextEncoder textEncoderC;
    private final TextEncoder textEncoderB;
    private final CosineSchedule scheduleC;
    private final CosineSchedule scheduleB;
    private final StageC stageC;
    private final StageB stageB;
    private final StageA stageA;
    private final Optional<SemanticCompressor> semanticCompressor;
    private final Optional<ImageEncoder> imageEncoder;
    private final Optional<LatentProjection> projectionC;
    private final Optional<LatentProjection> projectionB;

    CascadeParts(Wurstchen.Builder builder) {
        tokenizerC = builder.set("tokenizers", builder.tokenizerC);
        tokenizerB = builder.set("tokenizers", builder.tokenizerB);
        textEncoderC = builder.set("text encoders", builder.textEncoderC);
        textEncoderB = builder.set("text encoders", builder.textEncoderB);
        scheduleC = builder.set("schedules", builder.scheduleC);
        scheduleB = builder.set("schedules", builder.scheduleB);
        stageC = builder.set("stages", builder.stageC);
        stageB = builder.set("stages", builder.stageB);
        stageA = builder.set("stages", builder.stageA);
        semanticCompressor = Optional.ofNullable(builder.semanticCompressor);
        imageEncoder = Optional.ofNullable(builder.imageEncoder);
        projectionC = Optional.ofNullable(builder.projectionC);
        projectionB = Optional.ofNullable(builder.projectionB);
    }

    private CascadeParts(CascadeParts parts) {
        tokenizerC = parts.tokenizerC;
        tokenizerB = parts.tokenizerB;
        textEncoderC = new Lent.Encoder(parts.textEncoderC);
        textEncoderB = parts.sharesText() ? textEncoderC : new Lent.Encoder(parts.textEncoderB);
        scheduleC = parts.scheduleC;
        scheduleB = parts.scheduleB;
        stageC = new Lent.C(parts.stageC);
        stageB = new Lent.B(parts.stageB);
        stageA = new Lent.A(parts.stageA);
        semanticCompressor = parts.semanticCompressor.map(Lent.Compressor::new);
        imageEncoder = parts.imageEncoder.map(Lent.Images::new);
        projectionC = parts.projectionC;
        projectionB = parts.projectionB;
    }

    CascadeParts lent() {
        return new CascadeParts(this);
    }

    /** What a pipeline closes, the last one first. */
    List<AutoCloseable> toClose() {
        return Stream.concat(
                        Stream.of(textEncoderC, textEncoderB, stageC, stageB, stageA),
                        Stream.concat(semanticCompressor.stream(), imageEncoder.stream()))
                .toList();
    }

    /** Returns whether one text encoder and its tokenizer are both stages'. */
    boolean sharesText() {
        return textEncoderC == textEncoderB && tokenizerC == tokenizerB;
    }

    /**
     * Returns the tokenizer of Stage C's text encoder.
     *
     * @return prompt to token ids
     */
    public ClipTokenizer tokenizerC() {
        return tokenizerC;
    }

    /**
     * Returns the tokenizer of Stage B's text encoder.
     *
     * @return prompt to token ids
     */
    public ClipTokenizer tokenizerB() {
        return tokenizerB;
    }

    /**
     * Returns Stage C's text encoder.
     *
     * @return token ids to Stage C's hidden states
     */
    public TextEncoder textEncoderC() {
        return textEncoderC;
    }

    /**
     * Returns Stage B's text encoder.
     *
     * @return token ids to Stage B's hidden states
     */
    public TextEncoder textEncoderB() {
        return textEncoderB;
    }

    /**
     * Returns Stage C's noise schedule.
     *
     * @return for step tables of Stage C
     */
    public CosineSchedule scheduleC() {
        return scheduleC;
    }

    /**
     * Returns Stage B's noise schedule.
     *
     * @return for step tables of Stage B
     */
    public CosineSchedule scheduleB() {
        return scheduleB;
    }

    /**
     * Returns Stage C.
     *
     * @return hidden states to Stage C latents
     */
    public StageC stageC() {
        return stageC;
    }

    /**
     * Returns Stage B.
     *
     * @return hidden states and Stage C latents to Stage B latents
     */
    public StageB stageB() {
        return stageB;
    }

    /**
     * Returns Stage A.
     *
     * @return Stage B latents to pixels
     */
    public StageA stageA() {
        return stageA;
    }

    /**
     * Returns the semantic compressor.
     *
     * @return pixels to Stage C latents; empty if the model has none
     */
    public Optional<SemanticCompressor> semanticCompressor() {
        return semanticCompressor;
    }

    /**
     * Returns the image encoder.
     *
     * @return pictures to the embeddings of image prompts; empty if the model has none
     */
    public Optional<ImageEncoder> imageEncoder() {
        return imageEncoder;
    }

    /**
     * Returns what shows Stage C latents as small pictures.
     *
     * @return the projection; empty if the model has none
     */
    public Optional<LatentProjection> projectionC() {
        return projectionC;
    }

    /**
     * Returns what shows Stage B latents as small pictures.
     *
     * @return the projection; empty if the model has none
     */
    public Optional<LatentProjection> projectionB() {
        return projectionB;
    }
}
