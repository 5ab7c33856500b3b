package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import wurstchen.image.Fit;
import wurstchen.image.ImagePrompt;
import wurstchen.image.Picture;
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
import wurstchen.text.WeightedText;

/**
 * What to make: a prompt, and whatever should differ from the model's defaults. Immutable. Two requests are equal if all of their values are;
 * listeners, consumers and cancellations are equal if they are the same.
 *
 * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="request"}
 */
public final class PictureRequest {
    /** The most steps a stage takes. The reference sets no limit; noise ratios closer than this differ by rounding only. */
    public static final int MAX_STEPS = 1000;

    /** The most prompts of one request: their hidden states are held until it ends. */
    public static final int MAX_PROMPTS = 1000;

    /** The most pictures of one request. */
    public static final int MAX_PICTURES = 10_000;

    /** The most image prompts of one request. */
    public static final int MAX_IMAGE_PROMPTS = 100;

    /** Of a picture without a mask: its composition stays, and the prompt decides what it shows. */
    private static final float DEFAULT_STRENGTH = 0.6f;

    private final RequestOptions options;

    PictureRequest(RequestOptions options) {
        this.options = options.copy();
    }

    /**
     * Starts a request.
     *
     * @param prompt what to show; may be empty; what does not fit the tokenizer's 77 tokens is dropped and reported in the result
     * @return a builder with the model's defaults for everything else
     */
    public static Builder builder(String prompt) {
        return new Builder(new RequestOptions(checkNotNull(prompt, "prompt")));
    }

    /**
     * Starts a request with hidden states in place of texts, see {@link Builder#encodedPrompt}.
     *
     * @param prompt what to show and what to keep away from
     * @return a builder with the model's defaults for everything else
     */
    public static Builder builder(EncodedPrompt prompt) {
        return builder("").encodedPrompt(prompt);
    }

    /**
     * Returns a request for the picture that metadata describes: with the same model it makes the same pixels.
     *
     * {@snippet class="wurstchen.snippets.MetadataSnippetsTest" region="again"}
     *
     * @param metadata as a picture's file carries it
     * @return a request of one picture that leaves nothing to the model's defaults
     */
    public static PictureRequest from(PictureMetadata metadata) {
        return metadata.settings().toRequest();
    }

    /**
     * Starts a request with the values of this one.
     *
     * @return a builder; this request stays as it is
     */
    public Builder toBuilder() {
        return new Builder(options.copy());
    }

    /**
     * Returns the names of the values that {@link Builder#values} takes.
     *
     * @return such as {@code prompt}, {@code negative-prompt} and {@code stage-c-steps}; immutable
     */
    public static Set<String> valueNames() {
        return SettingsText.names();
    }

    RequestOptions copyOfOptions() {
        return options.copy();
    }

    /**
     * Returns what to show.
     *
     * @return the prompt
     */
    public String prompt() {
        return options.prompt;
    }

    /**
     * Returns what to keep away from.
     *
     * @return the negative prompt; empty if none was set
     */
    public String negativePrompt() {
        return options.negativePrompt;
    }

    /**
     * Returns the hidden states that stand for prompt and negative prompt.
     *
     * @return what was given; empty if there are texts, or if only its hash is known because the request was read from a file
     */
    public Optional<EncodedPrompt> encodedPrompt() {
        return Optional.ofNullable(options.encodedPrompt).flatMap(Input::value);
    }

    /**
     * Returns the seed of the first picture.
     *
     * @return the seed; empty for a random one
     */
    public OptionalLong seed() {
        return options.seed == null ? OptionalLong.empty() : OptionalLong.of(options.seed);
    }

    /**
     * Returns the pictures' width.
     *
     * @return px; empty for the model's
     */
    public OptionalInt width() {
        return options.width == null ? OptionalInt.empty() : OptionalInt.of(options.width);
    }

    /**
     * Returns the pictures' height.
     *
     * @return px; empty for the model's
     */
    public OptionalInt height() {
        return options.height == null ? OptionalInt.empty() : OptionalInt.of(options.height);
    }

    /**
     * Returns the noise ratios that Stage C visits.
     *
     * @return one more than its steps; empty for the model's
     */
    public Optional<Timesteps> stageCTimesteps() {
        return Optional.ofNullable(options.stageCTimesteps);
    }

    /**
     * Returns the guidance of Stage C.
     *
     * @return its scale; empty for the model's
     */
    public Optional<Guidance> stageCGuidance() {
        return Optional.ofNullable(options.stageCGuidance);
    }

    /**
     * Returns the noise ratios that Stage B visits.
     *
     * @return one more than its steps; empty for the model's
     */
    public Optional<Timesteps> stageBTimesteps() {
        return Optional.ofNullable(options.stageBTimesteps);
    }

    /**
     * Returns the guidance of Stage B.
     *
     * @return its scale; empty for the model's
     */
    public Optional<Guidance> stageBGuidance() {
        return Optional.ofNullable(options.stageBGuidance);
    }

    /**
     * Returns the picture to begin with.
     *
     * @return the picture as it was given; empty if there is none, or if only its hash is known because the request was read from a PNG
     */
    public Optional<Picture> image() {
        return Optional.ofNullable(options.image).flatMap(Input::value);
    }

    /**
     * Returns the image prompts.
     *
     * @return in their order, immutable; without those of which only the hash is known because the request was read from a PNG
     */
    public List<ImagePrompt> imagePrompts() {
        return options.imagePrompts.stream()
                .flatMap(prompt -> prompt.picture().value().stream().map(picture -> new ImagePrompt(picture, prompt.share())))
                .toList();
    }

    /**
     * Returns how much of the picture to replace by noise.
     *
     * @return 0 to 1; empty for the default
     */
    public Optional<Float> strength() {
        return Optional.ofNullable(options.strength);
    }

    /**
     * Returns what to do with a picture, and its mask, of another size.
     *
     * @return crop, unless it was set
     */
    public Fit fit() {
        return options.fit;
    }

    /**
     * Returns which part of the picture to paint.
     *
     * @return the mask as it was given; empty for the whole picture
     */
    public Optional<Picture> mask() {
        return Optional.ofNullable(options.mask).flatMap(Input::value);
    }

    /**
     * Returns the Stage C latents to begin with.
     *
     * @return the latents; empty if Stage C begins with noise or a picture
     */
    public Optional<StageCLatents> startFrom() {
        return Optional.ofNullable(options.start).flatMap(Input::value);
    }

    /**
     * Returns where the request ends.
     *
     * @return the text, Stage C or Stage A
     */
    public CascadeStage stopAfter() {
        return options.last;
    }

    /**
     * Returns requests for a series of pictures from this request's to another's, which may have another prompt, negative prompt, seed and
     * picture. Between the ends, the text's hidden states and the pictures' Stage C latents are mixed in proportion, and the noise on the arc
     * between the two seeds' (spherical interpolation). A request with a picture needs a strength below 1 to show it.
     *
     * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="series"}
     *
     * @param last where the series ends; everything but prompts, seed and picture must be as in this request
     * @param count requests of the series, 2 to {@value #MAX_PICTURES}; the first is this one and the last the other one, unchanged
     * @return the requests in their order, immutable
     * @throws IllegalArgumentException if the count is out of range, an end has no seed or makes several pictures, only one begins with a
     *     picture, or they differ in something else
     */
    public List<PictureRequest> seriesTo(PictureRequest last, int count) {
        checkArgument(count >= 2 && count <= MAX_PICTURES, "a series has 2 to %s pictures, got %s", MAX_PICTURES, count);
        return new RequestSeries(options, last.options).requests(count);
    }

    /**
     * Returns how many pictures to make.
     *
     * @return 1 to {@value #MAX_PICTURES}
     */
    public int pictures() {
        return options.pictures;
    }

    /**
     * Returns how many pictures to make at a time.
     *
     * @return 1 to {@link #pictures()}
     */
    public int batchSize() {
        return Math.min(options.batchSize, options.pictures);
    }

    /**
     * Returns how long the request may take, the time in the queue included.
     *
     * @return the time from the call of generate on; empty if it may take any time
     */
    public Optional<Duration> deadline() {
        return Optional.ofNullable(options.deadline);
    }

    /**
     * Returns who hears how the request goes on.
     *
     * @return the listener, if there is one
     */
    public Optional<RequestListener> listener() {
        return Optional.ofNullable(options.listener);
    }

    /**
     * Returns which previews the listener gets.
     *
     * @return how often and how they are made; empty for none
     */
    public Optional<Previews> previews() {
        return Optional.ofNullable(options.previews);
    }

    /** Returns whether Stage B runs, for the pictures or for previews. */
    boolean needsStageB() {
        return options.last == CascadeStage.STAGE_A || previews().filter(asked -> asked.stageBSteps().isPresent()).isPresent();
    }

    /**
     * Returns who takes the pictures as they are finished.
     *
     * @return the consumer; empty if the result keeps the pictures
     */
    public Optional<Consumer<? super GeneratedPicture>> consumer() {
        return Optional.ofNullable(options.consumer);
    }

    /**
     * Returns what can stop the request, besides an interrupt, its deadline and its future.
     *
     * @return the cancellation, if there is one
     */
    public Optional<Cancellation> cancellation() {
        return Optional.ofNullable(options.cancellation);
    }

    /**
     * Fills in the defaults: the settings of the first picture. Picture i has seed + i.
     *
     * @param defaults what the model recommends
     * @return settings with nothing left open; without a seed, a new random one at every call
     */
    public PictureSettings settings(PictureDefaults defaults) {
        RequestOptions o = options.copyOfPicture();
        o.seed = o.seed != null ? o.seed : Long.valueOf(ThreadLocalRandom.current().nextLong(1L << 32));
        o.width = o.width != null ? o.width : Integer.valueOf(defaults.width());
        o.height = o.height != null ? o.height : Integer.valueOf(defaults.height());
        o.stageCTimesteps = o.stageCTimesteps != null ? o.stageCTimesteps : Timesteps.uniform(defaults.stageCSteps());
        o.stageCGuidance = o.stageCGuidance != null ? o.stageCGuidance : new Guidance(defaults.stageCGuidance());
        o.stageBTimesteps = o.stageBTimesteps != null ? o.stageBTimesteps : Timesteps.uniform(defaults.stageBSteps());
        o.stageBGuidance = o.stageBGuidance != null ? o.stageBGuidance : new Guidance(defaults.stageBGuidance());
        if (o.image != null && o.strength == null) {
            o.strength = o.mask == null ? DEFAULT_STRENGTH : 1;
        }
        return new PictureSettings(o);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PictureRequest that && options.equals(that.options);
    }

    @Override
    public int hashCode() {
        return options.hashCode();
    }

    @Override
    public String toString() {
        return options.describe("PictureRequest");
    }

    static void checkSteps(String name, int steps) {
        checkArgument(steps >= 1 && steps <= MAX_STEPS, "%s must be 1 to %s, got %s", name, MAX_STEPS, steps);
    }

    static void checkPositive(String name, int value) {
        checkArgument(value >= 1, "%s must be at least 1, got %s", name, value);
    }

    /** Collects a request. A value is checked where it is set; what only the model knows (valid sizes) when the request runs. */
    public static final class Builder {
        private final RequestOptions options;

        private Builder(RequestOptions options) {
            this.options = options;
        }

        /**
         * Sets what to show.
         *
         * @param text the prompt, as for {@link PictureRequest#builder}
         * @return this
         */
        public Builder prompt(String text) {
            options.prompt = checkNotNull(text, "prompt");
            options.encodedPrompt = null;
            return this;
        }

        /**
         * Sets hidden states in place of prompt and negative prompt: those of an earlier request, which are not computed again, a
         * {@linkplain EncodedPrompt#mix mix}, or a program's own. Replaces {@link #prompt} and {@link #negativePrompt}, and is replaced by
         * them. Those of a request with the same texts make the same picture, bit for bit. diffusers: prompt_embeds and
         * negative_prompt_embeds.
         *
         * {@snippet class="wurstchen.snippets.EncodedSnippetsTest" region="encoded"}
         *
         * @param encoded of the model that makes the pictures
         * @return this
         */
        public Builder encodedPrompt(EncodedPrompt encoded) {
            options.encodedPrompt = Input.of(encoded.sha256(), encoded);
            options.prompt = "";
            options.negativePrompt = "";
            return this;
        }

        /**
         * Sets values under the names by which metadata has them ({@link PictureSettings#toText}), for requests that come as text, such as
         * rows of a table.
         *
         * {@snippet class="wurstchen.snippets.MetadataSnippetsTest" region="values"}
         *
         * @param text some of {@link PictureRequest#valueNames} to values; {@code stage-c-timesteps} replaces {@code stage-c-steps}, whichever
         *     comes first, as it does for Stage B
         * @return this
         * @throws IllegalArgumentException naming the first one that is unknown, malformed or out of range
         */
        public Builder values(Map<String, String> text) {
            SettingsText.set(this, text);
            return this;
        }

        /**
         * Sets what to keep away from. Default: empty. Read only by stages whose guidance is active (above 1).
         *
         * @param text the negative prompt
         * @return this
         */
        public Builder negativePrompt(String text) {
            options.negativePrompt = checkNotNull(text, "negative prompt");
            options.encodedPrompt = null;
            return this;
        }

        /**
         * Sets a list of prompts: picture i shows the one at i, with its own negative prompt, and its own seed or the request's + i. Sets the
         * number of pictures too. Default: every picture shows the same. One at a time, each is bit for bit the picture made alone;
         * {@link #batchSize} makes several at a time.
         *
         * {@snippet class="wurstchen.snippets.PromptSnippetsTest" region="list"}
         *
         * @param list 1 to {@value PictureRequest#MAX_PROMPTS} prompts, copied
         * @return this
         * @throws IllegalArgumentException if there are none, or more
         */
        public Builder prompts(List<Prompt> list) {
            checkArgument(
                    !list.isEmpty() && list.size() <= MAX_PROMPTS,
                    "a list must have 1 to %s prompts, got %s; send several requests",
                    MAX_PROMPTS,
                    list.size());
            options.prompts = ImmutableList.copyOf(list);
            options.prompt = list.get(0).text();
            options.negativePrompt = list.get(0).negative();
            options.pictures = list.size();
            options.encodedPrompt = null;
            return this;
        }

        /**
         * Sets whether brackets give parts of the prompts weights, as {@link WeightedText} reads them. Default: brackets are text.
         *
         * {@snippet class="wurstchen.snippets.PromptSnippetsTest" region="weights"}
         *
         * <p>A token's hidden state h becomes e + weight * (h - e), where e is the state of the empty prompt at its place.
         *
         * @param value whether they do
         * @return this
         */
        public Builder promptWeights(boolean value) {
            options.promptWeights = value;
            return this;
        }

        /**
         * Sets what becomes of a prompt that is too long for the text encoders. Default: it is cut, and the result says what was dropped.
         *
         * @param value cut, refuse or windows
         * @return this
         */
        public Builder longPrompts(LongPrompts value) {
            options.longPrompts = checkNotNull(value, "long prompts");
            return this;
        }

        /**
         * Sets the seed: the same model, request and seed make the same picture, the one the reference makes in float32 with
         * {@code torch.Generator("cpu").manual_seed(seed)}. Picture i of several has seed + i (wrapping). Default: random, and reported in
         * the result. As in torch, seeds that agree modulo 2^32 make the same picture.
         *
         * @param value any number
         * @return this
         */
        public Builder seed(long value) {
            options.seed = value;
            return this;
        }

        /**
         * Sets the picture's size. Default: the model's. Valid sizes are the model's as well (multiples of 128 in the published ones).
         *
         * @param widthPx px, at least 1
         * @param heightPx px, at least 1
         * @return this
         * @throws IllegalArgumentException if one is below 1
         */
        public Builder size(int widthPx, int heightPx) {
            width(widthPx);
            return height(heightPx);
        }

        /**
         * Sets the picture's width. Default: the model's.
         *
         * @param px at least 1
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder width(int px) {
            checkPositive("width", px);
            options.width = px;
            return this;
        }

        /**
         * Sets the picture's height. Default: the model's.
         *
         * @param px at least 1
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder height(int px) {
            checkPositive("height", px);
            options.height = px;
            return this;
        }

        /**
         * Sets Stage C's steps, at evenly spaced noise ratios. Default: the model's. diffusers: prior_num_inference_steps.
         *
         * @param steps 1 to {@value #MAX_STEPS}
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder stageCSteps(int steps) {
            checkSteps("stage C steps", steps);
            options.stageCTimesteps = Timesteps.uniform(steps);
            return this;
        }

        /**
         * Sets Stage C's noise ratios. Replaces {@link #stageCSteps}. diffusers: prior_timesteps.
         *
         * @param timesteps for example {@link Timesteps#stageCDefault()}
         * @return this
         */
        public Builder stageCTimesteps(Timesteps timesteps) {
            options.stageCTimesteps = checkNotNull(timesteps, "stage C timesteps");
            return this;
        }

        /**
         * Sets Stage C's guidance scale. Default: the model's. diffusers: prior_guidance_scale.
         *
         * @param scale any finite number; 1 or below is off
         * @return this
         * @throws IllegalArgumentException if it is NaN or infinite
         */
        public Builder stageCGuidance(float scale) {
            options.stageCGuidance = new Guidance(scale);
            return this;
        }

        /**
         * Sets Stage B's steps, at evenly spaced noise ratios. Default: the model's. diffusers: num_inference_steps.
         *
         * @param steps 1 to {@value #MAX_STEPS}
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder stageBSteps(int steps) {
            checkSteps("stage B steps", steps);
            options.stageBTimesteps = Timesteps.uniform(steps);
            return this;
        }

        /**
         * Sets Stage B's noise ratios. Replaces {@link #stageBSteps}. diffusers: decoder_timesteps.
         *
         * @param timesteps decreasing noise ratios
         * @return this
         */
        public Builder stageBTimesteps(Timesteps timesteps) {
            options.stageBTimesteps = checkNotNull(timesteps, "stage B timesteps");
            return this;
        }

        /**
         * Sets Stage B's guidance scale. Default: the model's. diffusers: decoder_guidance_scale.
         *
         * @param scale any finite number; 1 or below is off
         * @return this
         * @throws IllegalArgumentException if it is NaN or infinite
         */
        public Builder stageBGuidance(float scale) {
            options.stageBGuidance = new Guidance(scale);
            return this;
        }

        /**
         * Sets a picture to begin with (image-to-image): it is encoded to Stage C latents, noised to a {@linkplain #strength strength} and
         * denoised with the prompt. The model needs a semantic compressor. Default: none.
         *
         * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="image"}
         *
         * @param picture of any size, see {@link #fit}
         * @return this
         */
        public Builder image(Picture picture) {
            options.image = Input.of(picture.sha256(), picture);
            return this;
        }

        /**
         * Adds an image prompt with a share of 1, see {@link #imagePrompt(Picture, float)}.
         *
         * @param picture of any size
         * @return this
         * @throws IllegalArgumentException if there are {@value PictureRequest#MAX_IMAGE_PROMPTS} already
         */
        public Builder imagePrompt(Picture picture) {
            return imagePrompt(picture, 1);
        }

        /**
         * Adds a picture that says, beside the prompt, what to show. With an empty prompt, the result is a variation of it. The model needs an
         * image encoder. Default: none.
         *
         * {@snippet class="wurstchen.snippets.ImagePromptSnippetsTest" region="image-prompts"}
         *
         * @param picture of any size; the model looks at the square in its middle
         * @param share how much it counts: its embedding is multiplied by it; finite, 1 as trained, 0 as without it
         * @return this
         * @throws IllegalArgumentException if the share is not finite, or there are {@value PictureRequest#MAX_IMAGE_PROMPTS} already
         */
        public Builder imagePrompt(Picture picture, float share) {
            ImagePrompt added = new ImagePrompt(picture, share);
            checkArgument(
                    options.imagePrompts.size() < MAX_IMAGE_PROMPTS, "a request has at most %s image prompts; leave some out", MAX_IMAGE_PROMPTS);
            options.imagePrompts = ImmutableList.<RequestOptions.PromptPicture>builder()
                    .addAll(options.imagePrompts)
                    .add(new RequestOptions.PromptPicture(Input.of(picture.sha256(), picture), added.share()))
                    .build();
            return this;
        }

        /**
         * Sets all image prompts, in place of those that were added before.
         *
         * @param list 0 to {@value PictureRequest#MAX_IMAGE_PROMPTS}, copied
         * @return this
         * @throws IllegalArgumentException if there are more
         */
        public Builder imagePrompts(List<ImagePrompt> list) {
            options.imagePrompts = ImmutableList.of();
            list.forEach(prompt -> imagePrompt(prompt.picture(), prompt.share()));
            return this;
        }

        /**
         * Sets how much of the picture to replace by noise: the noise ratio at which Stage C begins. At 0 nothing is denoised, and the
         * picture is what Stages B and A rebuild of it; at 1 the prompt alone decides. Steps above the strength are left out. Default: 0.6,
         * with a mask 1.
         *
         * @param value 0 to 1; needs an {@linkplain #image image}
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder strength(float value) {
            checkArgument(value >= 0 && value <= 1, "strength must be 0 to 1, got %s", value);
            options.strength = value;
            return this;
        }

        /**
         * Sets what to do if the picture, or its mask, has another size than the one to make. Default: {@link Fit#CROP}.
         *
         * @param value for the picture and the mask; a padded picture gets white borders, which a padded mask keeps
         * @return this
         */
        public Builder fit(Fit value) {
            options.fit = checkNotNull(value, "fit");
            return this;
        }

        /**
         * Sets which part of the picture to paint (inpainting). After each step of Stage C the rest is put back, noised as far as the step
         * is; Stages B and A work on the whole; at the end the pixels that are not to be painted are the picture's own, bit for bit. Default:
         * the whole picture.
         *
         * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="mask"}
         *
         * @param light light where to paint (the mean of red, green and blue is 128 or more), dark where not; brought to the size as the
         *     picture is; needs an {@linkplain #image image}
         * @return this
         */
        public Builder mask(Picture light) {
            options.mask = Input.of(light.sha256(), light);
            return this;
        }

        /**
         * Sets Stage C latents to begin with: finished ones, for which Stage C is left out, or ones with steps left, which it then does.
         * With the settings that the latents were made with, the picture is the one that would have come of it. Default: none.
         *
         * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="latents"}
         *
         * @param latents of a picture of the size to make
         * @return this
         */
        public Builder startFrom(StageCLatents latents) {
            options.start = Input.of(latents.sha256(), latents);
            return this;
        }

        /**
         * Sets where the request ends. Default: {@link CascadeStage#STAGE_A}, with pictures.
         *
         * @param stage {@link CascadeStage#TEXT} to get hidden states ({@link PictureResult#encodedPrompts}), or
         *     {@link CascadeStage#STAGE_C} to get its latents ({@link PictureResult#stageCLatents}), and no pictures
         * @return this
         * @throws IllegalArgumentException if it is another stage
         */
        public Builder stopAfter(CascadeStage stage) {
            checkArgument(
                    stage != CascadeStage.STAGE_B, "a request can stop after Text, Stage C or Stage A, got %s", checkNotNull(stage, "stage"));
            options.last = stage;
            return this;
        }

        /**
         * Sets how many pictures to make. Default: 1.
         *
         * @param count 1 to {@value #MAX_PICTURES}
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder pictures(int count) {
            checkArgument(count >= 1 && count <= MAX_PICTURES, "pictures must be 1 to %s, got %s", MAX_PICTURES, count);
            options.pictures = count;
            return this;
        }

        /**
         * Sets how many of the pictures to make at a time. Default: 1, where picture i is bit for bit the picture made alone; more use more
         * memory, may be faster on a GPU, and may change a pixel value by 1.
         *
         * @param size at least 1; more than {@link #pictures} counts as all
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder batchSize(int size) {
            checkPositive("batch size", size);
            options.batchSize = size;
            return this;
        }

        /**
         * Sets how long the request may take, the time in the queue included; within a step after that, generate throws a
         * {@link DeadlineExceededException}. Default: any time.
         *
         * @param time from the call of generate or generateAsync on, above zero
         * @return this
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder deadline(Duration time) {
            checkArgument(!time.isNegative() && !time.isZero(), "deadline must be above zero, got %s", time);
            options.deadline = time;
            return this;
        }

        /**
         * Sets who hears how the request goes on, on the generating thread. Default: nobody.
         *
         * @param value the listener; what it throws ends the request and reaches the caller of generate
         * @return this
         */
        public Builder listener(RequestListener value) {
            options.listener = checkNotNull(value, "listener");
            return this;
        }

        /**
         * Sets which previews the listener gets, see {@link RequestListener#onPreview}. They change nothing about the pictures. Default:
         * none.
         *
         * @param value how often, and how they are made
         * @return this
         */
        public Builder previews(Previews value) {
            options.previews = checkNotNull(value, "previews");
            return this;
        }

        /**
         * Sets who takes each picture as soon as it is finished, on the generating thread, in the order of the seeds. Nothing keeps the
         * pictures then: the result has none, and any number of them needs the memory of one batch. Default: the result keeps them. The next
         * batch is made when the consumer returns; a {@link wurstchen.progress.Handover} lets it work beside that.
         *
         * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="consumer"}
         *
         * @param value the consumer; what it throws ends the request and reaches the caller of generate
         * @return this
         */
        public Builder consumer(Consumer<? super GeneratedPicture> value) {
            options.consumer = checkNotNull(value, "consumer");
            return this;
        }

        /**
         * Sets what can stop the request. Default: nothing.
         *
         * @param value may be shared with other requests, which it then stops too
         * @return this
         */
        public Builder cancellation(Cancellation value) {
            options.cancellation = checkNotNull(value, "cancellation");
            return this;
        }

        /**
         * Builds the request.
         *
         * @return an immutable request
         * @throws IllegalStateException if a strength or a mask is set without an image, or the number of pictures is not that of the list of
         *     prompts
         * @throws IllegalArgumentException if weights are asked for and a prompt's brackets are wrong; it names the place
         */
        public PictureRequest build() {
            checkState(
                    options.prompts == null || options.pictures == options.prompts.size(),
                    "a list of %s prompts makes as many pictures, got %s; leave the number out",
                    options.prompts == null ? 0 : options.prompts.size(),
                    options.pictures);
            checkState(
                    options.prompts == null || options.encodedPrompt == null,
                    "a list of prompts and an encoded prompt: leave out one of them, or send a request for each encoded prompt");
            checkState(options.prompts == null || options.blend == null, "a list of prompts cannot be mixed with another; leave out one of them");
            if (options.promptWeights) {
                checkWeights();
            }
            checkState(options.image != null || options.strength == null, "a strength needs an image: set one, or no strength");
            checkState(options.image != null || options.mask == null, "a mask needs an image: set one, or no mask");
            return new PictureRequest(options);
        }

        private void checkWeights() {
            List<Prompt> prompts = options.prompts != null ? options.prompts : List.of(Prompt.of(options.prompt));
            prompts.forEach(prompt -> {
                WeightedText.parse(prompt.text());
                WeightedText.parse(prompt.negative());
            });
            WeightedText.parse(options.negativePrompt);
        }
    }
}
