package wurstchen.sampling;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * One step of a denoising run: the noise ratio that the model is told, and the coefficients of the update that follows its prediction.
 *
 * <p>With acp(t) the schedule's {@link CosineSchedule#alphaCumprod}, prev the ratio the step goes to, and alpha = acp(t) / acp(prev).
 *
 * @param noiseRatio t, the ratio before the step
 * @param oneMinusAlpha 1 - alpha
 * @param sqrtOneMinusAlphaCumprod sqrt(1 - acp(t))
 * @param sqrtInverseAlpha sqrt(1 / alpha)
 * @param noiseStd sqrt((1 - alpha) (1 - acp(prev)) / (1 - acp(t))), or 0 if prev is 0
 */
public record DenoisingStep(
        float noiseRatio, float oneMinusAlpha, float sqrtOneMinusAlphaCumprod, float sqrtInverseAlpha, float noiseStd) {

    static DenoisingStep between(CosineSchedule schedule, float ratio, float previousRatio) {
        float alphaCumprod = schedule.alphaCumprod(ratio);
        float alphaCumprodPrevious = schedule.alphaCumprod(previousRatio);
        float alpha = alphaCumprod / alphaCumprodPrevious;
        float variance = (1.0f - alpha) * (1.0f - alphaCumprodPrevious) / (1.0f - alphaCumprod);
        return new DenoisingStep(
                ratio,
                1.0f - alpha,
                (float) Math.sqrt(1.0f - alphaCumprod),
                (float) Math.sqrt(1.0f / alpha),
                previousRatio == 0 ? 0.0f : (float) Math.sqrt(variance));
    }

    /**
     * The update: latents of the next, smaller noise ratio.
     *
     * <p>next = sqrtInverseAlpha (x - oneMinusAlpha e / sqrtOneMinusAlphaCumprod) + noiseStd z, in float32 from left to right.
     *
     * @param latents x, the latents at {@link #noiseRatio}
     * @param predictedNoise e, what the model predicted for them, already guided; same length
     * @param freshNoise z, standard normal; same length
     * @param next where to write; same length, may be any of the other arrays
     * @throws IllegalArgumentException if the lengths differ
     */
    public void advance(float[] latents, float[] predictedNoise, float[] freshNoise, float[] next) {
        int length = latents.length;
        checkArgument(
                predictedNoise.length == length && freshNoise.length == length && next.length == length,
                "a step needs arrays of one length, got latents %s, predicted noise %s, fresh noise %s, next %s",
                length,
                predictedNoise.length,
                freshNoise.length,
                next.length);
        for (int i = 0; i < length; i++) {
            float denoised = latents[i] - oneMinusAlpha * predictedNoise[i] / sqrtOneMinusAlphaCumprod;
            next[i] = sqrtInverseAlpha * denoised + noiseStd * freshNoise[i];
        }
    }

    /**
     * Returns the clean latents that the model predicted in this step: the update solved for the predicted noise e, and x with that noise
     * taken off, (x - sqrt(1 - acp(t)) e) / sqrt(acp(t)).
     *
     * @param latents x, the latents before the step
     * @param next the latents after it
     * @param freshNoise z, the noise that was drawn for it
     * @return a new array of the same length
     * @throws IllegalArgumentException if the lengths differ
     */
    public float[] cleanLatents(float[] latents, float[] next, float[] freshNoise) {
        int length = latents.length;
        checkArgument(
                next.length == length && freshNoise.length == length,
                "a step needs arrays of one length, got latents %s, next %s, fresh noise %s",
                length,
                next.length,
                freshNoise.length);
        double sqrtAlphaCumprod = Math.sqrt(1 - (double) sqrtOneMinusAlphaCumprod * sqrtOneMinusAlphaCumprod);
        double perDifference = (double) sqrtOneMinusAlphaCumprod * sqrtOneMinusAlphaCumprod / oneMinusAlpha;
        float[] clean = new float[length];
        for (int i = 0; i < length; i++) {
            double denoised = ((double) next[i] - noiseStd * freshNoise[i]) / sqrtInverseAlpha;
            clean[i] = (float) ((latents[i] - perDifference * (latents[i] - denoised)) / sqrtAlphaCumprod);
        }
        return clean;
    }
}
