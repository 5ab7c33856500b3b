package wurstchen.stage;

import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;

/**
 * Stage C, the text-conditional latent diffusion model in the strongly compressed space ("prior" in diffusers). Thread-safe: runs of
 * several threads do not see each other.
 */
public interface StageC extends AutoCloseable {
    /**
     * Opens a run. Draws the initial noise.
     *
     * @param text hidden states of {@code shape.pictures()} rows, or twice as many when guidance is active; read until this returns
     * @param shape the latents to make, [pictures, 16, ceil(height / 42.67), ceil(width / 42.67)]
     * @param steps the coefficients of every step
     * @param guidance how strongly to follow the prompt
     * @param noise drawn from once for the initial latents and once a step, in order
     * @return the run, owned by the caller
     * @throws IllegalArgumentException if the rows do not fit the pictures and the guidance
     * @throws wurstchen.WurstchenException if the engine fails
     */
    DenoisingRun start(HiddenStates text, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise);

    /** Frees the stage; waits for a step in flight. A second call does nothing. */
    @Override
    void close();
}
