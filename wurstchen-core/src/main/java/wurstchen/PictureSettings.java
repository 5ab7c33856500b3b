package wurstchen;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableMap;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;

/**
 * Everything that makes a picture what it is, with nothing left to defaults: with the same model, the same settings make the same picture.
 *
 * @param prompt what to show
 * @param negativePrompt what to keep away from; read only where guidance is active
 * @param seed seed of the picture's noise
 * @param width px
 * @param height px
 * @param stageCTimesteps noise ratios that Stage C visits
 * @param stageCGuidance guidance of Stage C
 * @param stageBTimesteps noise ratios that Stage B visits
 * @param stageBGuidance guidance of Stage B
 */
public record PictureSettings(
        String prompt,
        String negativePrompt,
        long seed,
        int width,
        int height,
        Timesteps stageCTimesteps,
        Guidance stageCGuidance,
        Timesteps stageBTimesteps,
        Guidance stageBGuidance) {
    /** Checks that nothing is null. */
    public PictureSettings {
        checkNotNull(prompt, "prompt");
        checkNotNull(negativePrompt, "negative prompt");
        checkNotNull(stageCTimesteps, "stage C timesteps");
        checkNotNull(stageCGuidance, "stage C guidance");
        checkNotNull(stageBTimesteps, "stage B timesteps");
        checkNotNull(stageBGuidance, "stage B guidance");
    }

    /**
     * Returns the same settings with another seed.
     *
     * @param otherSeed any number
     * @return a copy
     */
    PictureSettings withSeed(long otherSeed) {
        return new PictureSettings(
                prompt, negativePrompt, otherSeed, width, height, stageCTimesteps, stageCGuidance, stageBTimesteps, stageBGuidance);
    }

    /**
     * Returns the settings as text, in the order a reader wants them: what a PNG file carries.
     *
     * @return names, as the command line spells its options, to values
     */
    public ImmutableMap<String, String> toText() {
        return ImmutableMap.<String, String>builder()
                .put("prompt", prompt)
                .put("negative-prompt", negativePrompt)
                .put("seed", Long.toString(seed))
                .put("width", Integer.toString(width))
                .put("height", Integer.toString(height))
                .put("stage-c-steps", Integer.toString(stageCTimesteps.steps()))
                .put("stage-c-guidance", Float.toString(stageCGuidance.scale()))
                .put("stage-b-steps", Integer.toString(stageBTimesteps.steps()))
                .put("stage-b-guidance", Float.toString(stageBGuidance.scale()))
                .buildOrThrow();
    }
}
