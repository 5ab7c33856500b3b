package wurstchen;

import wurstchen.sampling.Guidance;

/**
 * What a model's makers recommend, used where a request says nothing.
 *
 * @param width px
 * @param height px
 * @param stageCSteps denoising steps of Stage C
 * @param stageCGuidance guidance scale of Stage C; 1 or below is off
 * @param stageBSteps denoising steps of Stage B
 * @param stageBGuidance guidance scale of Stage B; 1 or below is off
 */
public record PictureDefaults(
        int width, int height, int stageCSteps, float stageCGuidance, int stageBSteps, float stageBGuidance) {
    /**
     * Checks the numbers as a request would.
     *
     * @throws IllegalArgumentException if a request would refuse one
     */
    public PictureDefaults {
        PictureRequest.checkSteps("stage C steps", stageCSteps);
        PictureRequest.checkSteps("stage B steps", stageBSteps);
        PictureRequest.checkPositive("width", width);
        PictureRequest.checkPositive("height", height);
        new Guidance(stageCGuidance);
        new Guidance(stageBGuidance);
    }
}
