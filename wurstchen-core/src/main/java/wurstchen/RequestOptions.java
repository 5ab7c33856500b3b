package wurstchen;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.internal.Blend;
import wurstchen.internal.Input;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.Previews;
import wurstchen.progress.RequestListener;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.StageCLatents;
import wurstchen.text.LongPrompts;
import wurstchen.text.Prompt;

/** The values of a request; null is what is left to the model or not wanted. Who hands one on copies it first. */
final class RequestOptions {
    String prompt;
    String negativePrompt = "";
    @Nullable Long seed;
    @Nullable Integer width;
    @Nullable Integer height;
    @Nullable Timesteps stageCTimesteps;
    @Nullable Guidance stageCGuidance;
    @Nullable Timesteps stageBTimesteps;
    @Nullable Guidance stageBGuidance;
    @Nullable Input<Picture> image;
    @Nullable Float strength;
    Fit fit = Fit.CROP;
    @Nullable Input<Picture> mask;
    @Nullable Input<StageCLatents> start;
    @Nullable Blend blend;
    @Nullable Input<EncodedPrompt> encodedPrompt;
    ImmutableList<PromptPicture> imagePrompts = ImmutableList.of();
    boolean promptWeights;
    LongPrompts longPrompts = LongPrompts.CUT;
    @Nullable ImmutableList<Prompt> prompts;
    CascadeStage last = CascadeStage.STAGE_A;
    int pictures = 1;
    int batchSize = 1;
    @Nullable Duration deadline;
    @Nullable RequestListener listener;
    @Nullable Previews previews;
    @Nullable Consumer<? super GeneratedPicture> consumer;
    @Nullable Cancellation cancellation;

    /**
     * An image prompt of a request.
     *
     * @param picture the picture, or its hash
     * @param share how much it counts
     */
    record PromptPicture(Input<Picture> picture, float share) {}

    RequestOptions(String prompt) {
        this.prompt = prompt;
    }

    RequestOptions copy() {
        RequestOptions copy = copyOfPicture();
        copy.last = last;
        copy.pictures = pictures;
        copy.batchSize = batchSize;
        copy.deadline = deadline;
        copy.listener = listener;
        copy.previews = previews;
        copy.consumer = consumer;
        copy.cancellation = cancellation;
        return copy;
    }

    /** Copies what decides what one picture looks like. */
    RequestOptions copyOfPicture() {
        RequestOptions copy = new RequestOptions(prompt);
        copy.negativePrompt = negativePrompt;
        copy.seed = seed;
        copy.width = width;
        copy.height = height;
        copy.stageCTimesteps = stageCTimesteps;
        copy.stageCGuidance = stageCGuidance;
        copy.stageBTimesteps = stageBTimesteps;
        copy.stageBGuidance = stageBGuidance;
        copy.image = image;
        copy.strength = strength;
        copy.fit = fit;
        copy.mask = mask;
        copy.start = start;
        copy.blend = blend;
        copy.encodedPrompt = encodedPrompt;
        copy.imagePrompts = imagePrompts;
        copy.promptWeights = promptWeights;
        copy.longPrompts = longPrompts;
        copy.prompts = prompts;
        return copy;
    }

    private List<@Nullable Object> values() {
        return Arrays.asList(
                prompt, negativePrompt, seed, width, height, stageCTimesteps, stageCGuidance, stageBTimesteps, stageBGuidance,
                image, strength, fit, mask, start, blend, encodedPrompt, imagePrompts, promptWeights, longPrompts, prompts, last, pictures, batchSize,
                deadline, listener, previews, consumer, cancellation);
    }

    /** Names what differs from the values of a new request. */
    String describe(String type) {
        Map<String, @Nullable Object> set = new LinkedHashMap<>();
        set.put("prompt", '"' + prompt + '"');
        set.put("negativePrompt", negativePrompt.isEmpty() ? null : '"' + negativePrompt + '"');
        set.put("seed", seed);
        set.put("width", width);
        set.put("height", height);
        describe(set, "stageC", stageCTimesteps, stageCGuidance);
        describe(set, "stageB", stageBTimesteps, stageBGuidance);
        set.put("image", image);
        set.put("strength", strength);
        set.put("fit", fit == Fit.CROP ? null : fit);
        set.put("mask", mask);
        set.put("startFrom", start);
        set.put("blend", blend);
        set.put("encodedPrompt", encodedPrompt);
        set.put("imagePrompts", imagePrompts.isEmpty() ? null : imagePrompts);
        set.put("promptWeights", promptWeights ? true : null);
        set.put("longPrompts", longPrompts == LongPrompts.CUT ? null : longPrompts);
        set.put("prompts", prompts);
        set.put("stopAfter", last == CascadeStage.STAGE_A ? null : last);
        set.put("pictures", pictures == 1 ? null : pictures);
        set.put("batchSize", batchSize == 1 ? null : batchSize);
        set.put("deadline", deadline);
        set.put("listener", listener);
        set.put("previews", previews);
        set.put("consumer", consumer);
        set.put("cancellation", cancellation);
        return set.entrySet().stream()
                .filter(entry -> entry.getValue() != null)
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(", ", type + "[", "]"));
    }

    private static void describe(
            Map<String, @Nullable Object> set, String stage, @Nullable Timesteps timesteps, @Nullable Guidance guidance) {
        if (timesteps != null && timesteps.equals(Timesteps.uniform(timesteps.steps()))) {
            set.put(stage + "Steps", timesteps.steps());
        } else {
            set.put(stage + "Timesteps", timesteps);
        }
        set.put(stage + "Guidance", guidance == null ? null : guidance.scale());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RequestOptions that && values().equals(that.values());
    }

    @Override
    public int hashCode() {
        return values().hashCode();
    }
}
