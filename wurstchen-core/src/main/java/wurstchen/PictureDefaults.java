package wurstchen;

import static com.google.common.base.Preconditions.checkState;

import java.util.Objects;
import wurstchen.sampling.Guidance;

/** What a model's makers recommend, used where a request says nothing. Immutable. */
public final class PictureDefaults {
    private final int width;
    private final int height;
    private final int stageCSteps;
    private final float stageCGuidance;
    private final int stageBSteps;
    private final float stageBGuidance;

    private PictureDefaults(Builder builder) {
        checkState(
                builder.width > 0 && builder.stageCSteps > 0 && builder.stageBSteps > 0,
                "defaults need all of size, stageC and stageB: set those that are missing");
        width = builder.width;
        height = builder.height;
        stageCSteps = builder.stageCSteps;
        stageCGuidance = builder.stageCGuidance;
        stageBSteps = builder.stageBSteps;
        stageBGuidance = builder.stageBGuidance;
    }

    /**
     * Starts with nothing set.
     *
     * @return a builder, of which everything must be set
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the width.
     *
     * @return px
     */
    public int width() {
        return width;
    }

    /**
     * Returns the height.
     *
     * @return px
     */
    public int height() {
        return height;
    }

    /**
     * Returns the denoising steps of Stage C.
     *
     * @return 1 to {@value PictureRequest#MAX_STEPS}
     */
    public int stageCSteps() {
        return stageCSteps;
    }

    /**
     * Returns the guidance scale of Stage C.
     *
     * @return a finite number; 1 or below is off
     */
    public float stageCGuidance() {
        return stageCGuidance;
    }

    /**
     * Returns the denoising steps of Stage B.
     *
     * @return 1 to {@value PictureRequest#MAX_STEPS}
     */
    public int stageBSteps() {
        return stageBSteps;
    }

    /**
     * Returns the guidance scale of Stage B.
     *
     * @return a finite number; 1 or below is off
     */
    public float stageBGuidance() {
        return stageBGuidance;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PictureDefaults that
                && width == that.width
                && height == that.height
                && stageCSteps == that.stageCSteps
                && Float.compare(stageCGuidance, that.stageCGuidance) == 0
                && stageBSteps == that.stageBSteps
                && Float.compare(stageBGuidance, that.stageBGuidance) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(width, height, stageCSteps, stageCGuidance, stageBSteps, stageBGuidance);
    }

    @Override
    public String toString() {
        return "PictureDefaults[" + width + " x " + height + " px, Stage C " + stageCSteps + " steps, guidance " + stageCGuidance
                + ", Stage B " + stageBSteps + " steps, guidance " + stageBGuidance + "]";
    }

    /** Collects defaults. A value is checked where it is set, as a request would check it. */
    public static final class Builder {
        private int width;
        private int height;
        private int stageCSteps;
        private float stageCGuidance;
        private int stageBSteps;
        private float stageBGuidance;

        private Builder() {}

        /**
         * Sets the picture's size.
         *
         * @param widthPx px, at least 1
         * @param heightPx px, at least 1
         * @return this
         * @throws IllegalArgumentException if one is below 1
         */
        public Builder size(int widthPx, int heightPx) {
            PictureRequest.checkPositive("width", widthPx);
            PictureRequest.checkPositive("height", heightPx);
            width = widthPx;
            height = heightPx;
            return this;
        }

        /**
         * Sets what Stage C does.
         *
         * @param steps denoising steps, 1 to {@value PictureRequest#MAX_STEPS}
         * @param guidance guidance scale, any finite number; 1 or below is off
         * @return this
         * @throws IllegalArgumentException if one is out of range
         */
        public Builder stageC(int steps, float guidance) {
            PictureRequest.checkSteps("stage C steps", steps);
            stageCGuidance = new Guidance(guidance).scale();
            stageCSteps = steps;
            return this;
        }

        /**
         * Sets what Stage B does.
         *
         * @param steps denoising steps, 1 to {@value PictureRequest#MAX_STEPS}
         * @param guidance guidance scale, any finite number; 1 or below is off
         * @return this
         * @throws IllegalArgumentException if one is out of range
         */
        public Builder stageB(int steps, float guidance) {
            PictureRequest.checkSteps("stage B steps", steps);
            stageBGuidance = new Guidance(guidance).scale();
            stageBSteps = steps;
            return this;
        }

        /**
         * Builds the defaults.
         *
         * @return immutable defaults
         * @throws IllegalStateException if something is not set
         */
        public PictureDefaults build() {
            return new PictureDefaults(this);
        }
    }
}
