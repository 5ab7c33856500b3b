package wurstchen.stage;

import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;

/**
 * Stage B, the latent diffusion model that rebuilds Stage A's latents from Stage C's ("decoder" in diffusers). Thread-safe: runs of
 * several threads do not see each other.
 */
public interface StageB extends AutoCloseable {
    /**
     * Opens a run. Draws the initial noise. An implementation turns Stage C latents x into the semantic latents that the network was
     * trained on (x * 42 - 1 in the published models, see {@link LatentScale}) and gives the negative half zeros.
     *
     * @param text hidden states of {@code shape.pictures()} rows, or twice as many when guidance is active; read until this returns
     * @param stageCLatents denoised Stage C latents, [pictures, 16, h, w]; read until this returns
     * @param shape the latents to make, [pictures, 4, int(10.67 * h), int(10.67 * w)]
     * @param steps the coefficients of every step
     * @param guidance how strongly to follow the prompt and the Stage C latents
     * @param noise drawn from once for the initial latents and once a step, in order
     * @return the run, owned by the caller
     * @throws IllegalArgumentException if the rows do not fit the pictures and the guidance
     * @throws wurstchen.WurstchenException if the engine fails
     */
    DenoisingRun start(
            HiddenStates text,
            Latents stageCLatents,
            LatentShape shape,
            StepTable steps,
            Guidance guidance,
            NoiseSource noise);

    /** Frees the stage; waits for a step in flight. A second call does nothing. */
    @Override
    void close();
}
