package wurstchen;

import wurstchen.stage.Latents;

/**
 * A denoising step that was just done.
 *
 * @param stage Stage C or Stage B
 * @param firstPicture index of the batch's first picture in the request
 * @param pictures pictures in the batch
 * @param step 1 to {@code steps}
 * @param steps steps of this stage
 * @param latents the latents after the step, owned by the run: valid during the call only; reading them costs a copy to the host
 */
public record CompletedStep(CascadeStage stage, int firstPicture, int pictures, int step, int steps, Latents latents) {}
