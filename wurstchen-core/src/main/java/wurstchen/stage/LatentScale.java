package wurstchen.stage;

/**
 * The step between the two spaces at Stage C: the latents x that Stage C denoises, and the semantic latents y = x * mean - std that Stage B
 * and the semantic compressor speak.
 *
 * <p>Source: diffusers, WuerstchenPriorPipeline ("latents * latent_mean - latent_std"), whose names for the two numbers are kept.
 *
 * @param latentMean the multiplier, 42 in the published models
 * @param latentStd the offset, 1 in the published models
 */
public record LatentScale(float latentMean, float latentStd) {
    /**
     * Turns Stage C latents into semantic latents.
     *
     * @param stageCLatents x
     * @return a new array of x * mean - std
     */
    public float[] toSemantic(float[] stageCLatents) {
        float[] semantic = new float[stageCLatents.length];
        for (int i = 0; i < semantic.length; i++) {
            semantic[i] = stageCLatents[i] * latentMean - latentStd;
        }
        return semantic;
    }

    /**
     * Turns semantic latents into Stage C latents.
     *
     * @param semanticLatents y
     * @return a new array of (y + std) / mean
     */
    public float[] toStageC(float[] semanticLatents) {
        float[] latents = new float[semanticLatents.length];
        for (int i = 0; i < latents.length; i++) {
            latents[i] = (semanticLatents[i] + latentStd) / latentMean;
        }
        return latents;
    }
}
