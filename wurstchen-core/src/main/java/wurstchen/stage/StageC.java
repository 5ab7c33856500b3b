package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

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

    /**
     * Opens a run that follows image prompts too. The negative half follows none.
     *
     * @param text as for the run without image prompts
     * @param images the embeddings of the image prompts, the same for every picture; read until this returns
     * @param shape as for the run without image prompts
     * @param steps as for the run without image prompts
     * @param guidance as for the run without image prompts
     * @param noise as for the run without image prompts
     * @return the run, owned by the caller
     * @throws IllegalArgumentException if the stage takes no image prompts and there are some, or for the reasons of the other method
     * @throws wurstchen.WurstchenException if the engine fails
     */
    default DenoisingRun start(
            HiddenStates text, ImageEmbeddings images, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
        checkArgument(images.count() == 0, "this Stage C takes no image prompts, got %s; leave them out, or open a model that takes them", images);
        return start(text, shape, steps, guidance, noise);
    }

    /** Frees the stage; waits for a step in flight. A second call does nothing. */
    @Override
    void close();
}
