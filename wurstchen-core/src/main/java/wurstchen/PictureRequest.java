package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import wurstchen.progress.RequestListener;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;

/**
 * What to make: a prompt, and whatever should differ from the model's defaults. Immutable. Two requests are equal if all of their values are;
 * listeners, consumers and cancellations are equal if they are the same.
 *
 * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="request"}
 */
public final class PictureRequest {
    /** The most steps a stage takes. The reference sets no limit; noise ratios closer than this differ by rounding only. */
    public static final int MAX_STEPS = 1000;

    /** The most pictures of one request. */
    public static final int MAX_PICTURES = 10_000;

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
         * Sets who takes each picture as soon as it is finished, on the generating thread, in the order of the seeds. Nothing keeps the
         * pictures then: the result has none, and any number of them needs the memory of one batch. Default: the result keeps them.
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
         */
        public PictureRequest build() {
            return new PictureRequest(options);
        }
    }
}
