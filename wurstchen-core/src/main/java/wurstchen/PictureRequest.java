package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;

/**
 * What to make: a prompt, and whatever should differ from the model's defaults. Immutable.
 *
 * <pre>{@code
 * PictureRequest request = PictureRequest.builder("a red apple").seed(42).pictures(4).build();
 * }</pre>
 */
public final class PictureRequest {
    /** The most steps a stage takes. The reference sets no limit; noise ratios closer than this differ by rounding only. */
    public static final int MAX_STEPS = 1000;

    /** The most pictures of one request. */
    public static final int MAX_PICTURES = 10_000;

    private final Builder options;

    private PictureRequest(Builder options) {
        this.options = options;
    }

    /**
     * Starts a request.
     *
     * @param prompt what to show; may be empty; what does not fit the tokenizer's 77 tokens is dropped and reported in the result
     * @return a builder with the model's defaults for everything else
     */
    public static Builder builder(String prompt) {
        return new Builder(prompt);
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
     * Returns who hears of every step.
     *
     * @return the listener, if there is one
     */
    public Optional<StepListener> listener() {
        return Optional.ofNullable(options.listener);
    }

    /**
     * Returns what can stop the request.
     *
     * @return the cancellation; if none was set, one that nobody else has
     */
    public Cancellation cancellation() {
        return options.cancellation != null ? options.cancellation : new Cancellation();
    }

    /**
     * Fills in the defaults: the settings of the first picture. Picture i has seed + i.
     *
     * @param defaults what the model recommends
     * @return settings with nothing left open; without a seed, a new random one at every call
     */
    public PictureSettings settings(PictureDefaults defaults) {
        Builder o = options;
        return new PictureSettings(
                o.prompt,
                o.negativePrompt,
                o.seed != null ? o.seed : ThreadLocalRandom.current().nextLong(1L << 32),
                o.width != null ? o.width : defaults.width(),
                o.height != null ? o.height : defaults.height(),
                o.stageCTimesteps != null ? o.stageCTimesteps : Timesteps.uniform(defaults.stageCSteps()),
                o.stageCGuidance != null ? o.stageCGuidance : new Guidance(defaults.stageCGuidance()),
                o.stageBTimesteps != null ? o.stageBTimesteps : Timesteps.uniform(defaults.stageBSteps()),
                o.stageBGuidance != null ? o.stageBGuidance : new Guidance(defaults.stageBGuidance()));
    }

    static void checkSteps(String name, int steps) {
        checkArgument(steps >= 1 && steps <= MAX_STEPS, "%s must be 1 to %s, got %s", name, MAX_STEPS, steps);
    }

    static void checkPositive(String name, int value) {
        checkArgument(value >= 1, "%s must be at least 1, got %s", name, value);
    }

    /** Collects a request. A value is checked where it is set; what only the model knows (valid sizes) when the request runs. */
    public static final class Builder {
        private final String prompt;
        private String negativePrompt = "";
        private Long seed;
        private Integer width;
        private Integer height;
        private Timesteps stageCTimesteps;
        private Guidance stageCGuidance;
        private Timesteps stageBTimesteps;
        private Guidance stageBGuidance;
        private int pictures = 1;
        private int batchSize = 1;
        private StepListener listener;
        private Cancellation cancellation;

        private Builder(String prompt) {
            this.prompt = checkNotNull(prompt, "prompt");
        }

        private Builder(Builder other) {
            prompt = other.prompt;
            negativePrompt = other.negativePrompt;
            seed = other.seed;
            width = other.width;
            height = other.height;
            stageCTimesteps = other.stageCTimesteps;
            stageCGuidance = other.stageCGuidance;
            stageBTimesteps = other.stageBTimesteps;
            stageBGuidance = other.stageBGuidance;
            pictures = other.pictures;
            batchSize = other.batchSize;
            listener = other.listener;
            cancellation = other.cancellation;
        }

        /**
         * Sets what to keep away from. Default: empty. Read only by stages whose guidance is active (above 1).
         *
         * @param text the negative prompt
         * @return this
         */
        public Builder negativePrompt(String text) {
            negativePrompt = checkNotNull(text, "negative prompt");
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
            seed = value;
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
            width = px;
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
            height = px;
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
            stageCTimesteps = Timesteps.uniform(steps);
            return this;
        }

        /**
         * Sets Stage C's noise ratios. Replaces {@link #stageCSteps}. diffusers: prior_timesteps.
         *
         * @param timesteps for example {@link Timesteps#stageCDefault()}
         * @return this
         */
        public Builder stageCTimesteps(Timesteps timesteps) {
            stageCTimesteps = checkNotNull(timesteps, "stage C timesteps");
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
            stageCGuidance = new Guidance(scale);
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
            stageBTimesteps = Timesteps.uniform(steps);
            return this;
        }

        /**
         * Sets Stage B's noise ratios. Replaces {@link #stageBSteps}. diffusers: decoder_timesteps.
         *
         * @param timesteps decreasing noise ratios
         * @return this
         */
        public Builder stageBTimesteps(Timesteps timesteps) {
            stageBTimesteps = checkNotNull(timesteps, "stage B timesteps");
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
            stageBGuidance = new Guidance(scale);
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
            pictures = count;
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
            batchSize = size;
            return this;
        }

        /**
         * Sets who hears of every step, on the generating thread. Default: nobody.
         *
         * @param stepListener the listener; what it throws ends the run and reaches the caller of generate
         * @return this
         */
        public Builder listener(StepListener stepListener) {
            listener = checkNotNull(stepListener, "listener");
            return this;
        }

        /**
         * Sets what can stop the request. Default: nothing.
         *
         * @param value may be shared with other requests, which it then stops too
         * @return this
         */
        public Builder cancellation(Cancellation value) {
            cancellation = checkNotNull(value, "cancellation");
            return this;
        }

        /**
         * Builds the request.
         *
         * @return an immutable request
         */
        public PictureRequest build() {
            return new PictureRequest(new Builder(this));
        }
    }
}
