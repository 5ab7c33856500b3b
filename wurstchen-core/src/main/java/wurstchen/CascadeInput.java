package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.internal.Blend;
import wurstchen.internal.Input;
import wurstchen.internal.StageCStart;
import wurstchen.progress.Previews;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.StageCLatents;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;

/**
 * What a request begins with, at the size of its pictures.
 *
 * @param start where Stage C begins
 * @param picture what is kept where the mask says so; null without a mask
 * @param mask light where it is to be painted; null without one
 */
record CascadeInput(StageCStart start, @Nullable Picture picture, @Nullable Picture mask) {
    /** What padded parts of a mask are: kept. */
    private static final int BLACK = 0;

    private static final int WHITE = 0xffffff;

    /** Checks before a request is accepted what needs no computation. */
    static void check(PictureSettings settings, CascadeParts parts, LatentGeometry geometry, CascadeLoop.ModelId model) {
        settings.image().ifPresent(image -> atHand("a picture", "image", image));
        settings.mask().ifPresent(mask -> atHand("a mask", "mask", mask));
        settings.blend().flatMap(Blend::image).ifPresent(image -> atHand("a picture", "image", image));
        settings.start().ifPresent(start ->
                check(atHand("Stage C latents", "startFrom", start), settings, geometry, model));
        settings.encodedPrompt().ifPresent(encoded -> check(atHand("an encoded prompt", "encodedPrompt", encoded), parts, model));
        checkArgument(
                settings.image().isEmpty() || parts.semanticCompressor().isPresent(),
                "a request with a picture needs a semantic compressor, which this model does not have; open a model that has one");
        settings.imagePrompts().forEach(prompt -> atHand("an image prompt", "imagePrompts", prompt.picture()));
        checkArgument(
                settings.imagePrompts().isEmpty() || parts.imageEncoder().isPresent(),
                "a request with image prompts needs an image encoder, which this model does not have; leave them out, or open a model of the"
                        + " family stable-cascade that has one");
    }

    static void checkPreviews(Optional<Previews> previews, CascadeParts parts) {
        checkArgument(
                previews.isEmpty() || previews.get().stageBSteps().isPresent() || parts.projectionC().isPresent(),
                "this model has no projection for previews; ask for Previews.every(...).throughStages(...), or add one to the model with "
                        + "`python -m wurstchen_export previews`");
    }

    private static void check(
            StageCLatents latents, PictureSettings settings, LatentGeometry geometry, CascadeLoop.ModelId model) {
        LatentShape expected = geometry.stageC(1, settings.height(), settings.width());
        checkArgument(
                latents.shape().equals(expected),
                "pictures of %s x %s px need Stage C latents of shape %s, got %s; set the size that they were made for",
                settings.width(),
                settings.height(),
                expected,
                latents.shape());
        StageCStart.checkStepsLeft(settings.stageCTimesteps(), latents);
        checkModel("latents to start from", latents.notes().getOrDefault(PictureResult.MODEL_SHA256, ""), model);
    }

    private static void check(EncodedPrompt encoded, CascadeParts parts, CascadeLoop.ModelId model) {
        checkModel("hidden states", encoded.modelSha256(), model);
        check("C", encoded.stageC(), parts.tokenizerC(), parts.textEncoderC());
        check("B", encoded.stageB(), parts.tokenizerB(), parts.textEncoderB());
    }

    private static void check(String stage, HiddenStates states, ClipTokenizer tokenizer, TextEncoder encoder) {
        int width = encoder.width().orElse(states.width());
        checkArgument(
                states.tokens() == tokenizer.maxLength() && states.width() == width,
                "the hidden states of Stage %s must have the shape [2, %s, %s], got [2, %s, %s]; encode the prompt with the model that makes"
                        + " the picture",
                stage,
                tokenizer.maxLength(),
                width,
                states.tokens(),
                states.width());
        int pooled = encoder.pooledWidth().orElse(states.pooledWidth());
        checkArgument(
                states.pooledWidth() == pooled,
                "the hidden states of Stage %s must have pooled embeddings of %s values, got %s; encode the prompt with the model that makes the"
                        + " picture",
                stage,
                pooled,
                states.pooledWidth());
    }

    /** Returns the embeddings of the image prompts, each times its share. */
    static ImageEmbeddings images(PictureSettings settings, CascadeParts parts) {
        return ImageEmbeddings.join(settings.imagePrompts().stream()
                .map(prompt -> parts.imageEncoder()
                        .orElseThrow()
                        .encode(prompt.picture().value().orElseThrow().toPixels())
                        .times(prompt.share()))
                .toList());
    }

    private static void checkModel(String what, String made, CascadeLoop.ModelId model) {
        checkArgument(
                made.isEmpty() || model.sha256().isEmpty() || made.equals(model.sha256()),
                "the %s were made by the model of SHA-256 %s, this is %s of SHA-256 %s; open the model that made them",
                what,
                made,
                model.name(),
                model.sha256());
    }

    private static <T> T atHand(String what, String setter, Input<T> input) {
        return input.value().orElseThrow(() -> new IllegalArgumentException("settings name " + what + " by its SHA-256 " + input.sha256()
                + " but do not hold it: set it with " + setter + "(...)"));
    }

    /** Encodes the picture where it is needed. */
    static CascadeInput of(PictureSettings settings, CascadeParts parts, LatentGeometry geometry) {
        Picture picture = settings.image().map(image -> resized(image, settings, WHITE)).orElse(null);
        Picture mask = settings.mask().map(given -> resized(given, settings, BLACK)).orElse(null);
        float strength = settings.strength().orElse(1.0f);
        float[] clean = picture != null && (strength < 1 || mask != null) ? clean(picture, settings, parts) : null;
        StageCStart start = settings.start()
                .map(latents -> StageCStart.fromLatents(
                        parts.scheduleC(), settings.stageCTimesteps(), latents.value().orElseThrow(), clean))
                .orElseGet(() -> clean != null && strength < 1
                        ? StageCStart.fromPicture(parts.scheduleC(), settings.stageCTimesteps(), strength, clean)
                        : StageCStart.fromNoise(parts.scheduleC(), settings.stageCTimesteps(), clean));
        return new CascadeInput(start, mask == null ? null : picture, mask);
    }

    private static Picture resized(Input<Picture> input, PictureSettings settings, int background) {
        Fit fit = settings.fit();
        return input.value().orElseThrow().resized(settings.width(), settings.height(), fit, background);
    }

    /** Returns the clean latents of the picture: those between it and the other one, if the request is between two. */
    private static float[] clean(Picture picture, PictureSettings settings, CascadeParts parts) {
        float[] latents = encode(picture, parts);
        Optional<Input<Picture>> other = settings.blend().flatMap(Blend::image);
        if (other.isPresent()) {
            float share = settings.blend().orElseThrow().share();
            float[] last = encode(resized(other.get(), settings, WHITE), parts);
            for (int i = 0; i < latents.length; i++) {
                latents[i] += share * (last[i] - latents[i]);
            }
        }
        return latents;
    }

    private static float[] encode(Picture picture, CascadeParts parts) {
        try (Latents latents = parts.semanticCompressor().orElseThrow().encode(picture.toPixels())) {
            return latents.toHost();
        }
    }

    /** Returns the cells of Stage C's grid that have a pixel to paint, row by row; null without a mask. */
    boolean @Nullable [] repaintedCells(LatentShape shape) {
        return mask == null ? null : mask.lightCells(shape.height(), shape.width());
    }

    /** Puts what is kept over what was made. */
    Picture finished(Picture made) {
        return mask == null || picture == null ? made : picture.repainted(made, mask);
    }
}
