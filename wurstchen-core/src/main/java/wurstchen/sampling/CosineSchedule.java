package wurstchen.sampling;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The cosine noise schedule in continuous time: how much of the picture is left at a noise ratio.
 *
 * <p>Formula: A. Nichol and P. Dhariwal, "Improved Denoising Diffusion Probabilistic Models", 2021, equation 17; computed in float32 in the
 * order of diffusers' {@code DDPMWuerstchenScheduler}. Both parameters come from a model's {@code scheduler_config.json}.
 *
 * @param s the offset that keeps the noise near ratio 0 from vanishing; finite and not negative, 0.008 in the published models
 * @param scaler bends time, t' = 1 - (1 - t)^scaler above 1 and t' = t^scaler below 1; finite and positive, 1 (no bend) in the published
 *     models
 */
public record CosineSchedule(float s, float scaler) {
    private static final float PI = (float) Math.PI;

    /** The bounds of the reference, which keep every division of a step finite. */
    private static final float LOWEST = 0.0001f;

    private static final float HIGHEST = 0.9999f;

    /**
     * Checks the parameters.
     *
     * @param s the offset, finite and not negative
     * @param scaler the bend of time, finite and positive
     * @throws IllegalArgumentException if {@code s} or {@code scaler} is out of its range
     */
    public CosineSchedule {
        checkArgument(
                s >= 0 && s < Float.POSITIVE_INFINITY,
                "schedule offset s must be a finite number of at least 0, got %s; the published models use 0.008",
                s);
        checkArgument(
                scaler > 0 && scaler < Float.POSITIVE_INFINITY,
                "schedule scaler must be a finite number above 0, got %s; the published models use 1.0",
                scaler);
    }

    /**
     * Returns the share of the picture's variance at a noise ratio (alpha-bar).
     *
     * @param ratio the noise ratio t in [0, 1]
     * @return a value in [0.0001, 0.9999], larger for a smaller ratio
     */
    public float alphaCumprod(float ratio) {
        float atRatio = squaredCosine(bend(ratio) + s);
        float atZero = squaredCosine(s);
        return Math.min(Math.max(atRatio / atZero, LOWEST), HIGHEST);
    }

    private float squaredCosine(float time) {
        float cosine = (float) Math.cos(time / (1.0f + s) * PI * 0.5f);
        return cosine * cosine;
    }

    private float bend(float ratio) {
        if (scaler > 1) {
            return 1.0f - (float) Math.pow(1.0f - ratio, scaler);
        }
        return scaler < 1 ? (float) Math.pow(ratio, scaler) : ratio;
    }
}
