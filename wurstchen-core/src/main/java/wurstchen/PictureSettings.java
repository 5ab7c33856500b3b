package wurstchen;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import java.util.Map;
import java.util.Optional;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.internal.Blend;
import wurstchen.internal.Input;
import wurstchen.internal.StageCStart;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.StageCLatents;
import wurstchen.text.LongPrompts;
import wurstchen.text.Prompt;

/**
 * Everything that makes a picture what it is, with nothing left to defaults: with the same model, the same settings make the same picture.
 * Immutable.
 *
 * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="settings"}
 */
public final class PictureSettings {
    private final RequestOptions options;

    /** Takes options over that nobody else has: of one picture, with nothing left open. */
    PictureSettings(RequestOptions options) {
        this.options = options;
    }

    /**
     * Reads settings that {@link #toText} wrote.
     *
     * @param text names to values; other names are ignored
     * @return the same settings
     * @throws IllegalArgumentException if one is missing or malformed
     */
    public static PictureSettings fromText(Map<String, String> text) {
        return new PictureSettings(SettingsText.read(text));
    }

    /**
     * Returns a request for the same picture.
     *
     * @return a request of one picture that leaves nothing to the model's defaults; its {@link PictureRequest#toBuilder} changes something
     */
    public PictureRequest toRequest() {
        return new PictureRequest(options);
    }

    /** Returns the settings of one picture of a request: its own seed, and its own prompts where the request has a list of them. */
    PictureSettings picture(int index) {
        RequestOptions copy = options.copy();
        copy.seed = seed() + index;
        if (copy.prompts != null) {
            Prompt prompt = copy.prompts.get(index);
            copy.prompts = null;
            copy.prompt = prompt.text();
            copy.negativePrompt = prompt.negative();
            copy.seed = prompt.seed().orElse(copy.seed);
        }
        return new PictureSettings(copy);
    }

    /** Returns how many different prompts the pictures of a request have; one if it has no list. */
    int prompts() {
        return options.prompts == null ? 1 : options.prompts.size();
    }

    /**
     * Returns the settings as text, in the order a reader wants them: what a PNG file carries.
     *
     * @return names, as the command line spells its options, to values; immutable
     */
    public Map<String, String> toText() {
        return SettingsText.write(this);
    }

    /**
     * Returns what to show.
     *
     * @return the prompt
     */
    public String prompt() {
        return options.prompt;
    }

    /**
     * Returns what to keep away from.
     *
     * @return the negative prompt, read only where guidance is active
     */
    public String negativePrompt() {
        return options.negativePrompt;
    }

    /**
     * Tells whether brackets give parts of the prompts weights.
     *
     * @return as {@link wurstchen.text.WeightedText} reads them
     */
    public boolean promptWeights() {
        return options.promptWeights;
    }

    /**
     * Returns what becomes of prompts that are too long.
     *
     * @return cut, refuse or windows
     */
    public LongPrompts longPrompts() {
        return options.longPrompts;
    }

    /**
     * Returns the seed of the picture's noise.
     *
     * @return any number
     */
    public long seed() {
        return requireNonNull(options.seed);
    }

    /**
     * Returns the width.
     *
     * @return px
     */
    public int width() {
        return requireNonNull(options.width);
    }

    /**
     * Returns the height.
     *
     * @return px
     */
    public int height() {
        return requireNonNull(options.height);
    }

    /**
     * Returns the noise ratios that Stage C visits.
     *
     * @return one more than its steps
     */
    public Timesteps stageCTimesteps() {
        return requireNonNull(options.stageCTimesteps);
    }

    /**
     * Returns the guidance of Stage C.
     *
     * @return its scale, and whether it is active
     */
    public Guidance stageCGuidance() {
        return requireNonNull(options.stageCGuidance);
    }

    /**
     * Returns the noise ratios that Stage B visits.
     *
     * @return one more than its steps
     */
    public Timesteps stageBTimesteps() {
        return requireNonNull(options.stageBTimesteps);
    }

    /**
     * Returns the guidance of Stage B.
     *
     * @return its scale, and whether it is active
     */
    public Guidance stageBGuidance() {
        return requireNonNull(options.stageBGuidance);
    }

    /**
     * Returns how much of the picture that the request began with was replaced by noise.
     *
     * @return 0 to 1; empty if it began with none
     */
    public Optional<Float> strength() {
        return Optional.ofNullable(options.strength);
    }

    /** Returns the picture that the request begins with. */
    Optional<Input<Picture>> image() {
        return Optional.ofNullable(options.image);
    }

    /** Returns the image prompts. */
    ImmutableList<RequestOptions.PromptPicture> imagePrompts() {
        return options.imagePrompts;
    }

    /** Returns how the picture is brought to the size. */
    Fit fit() {
        return options.fit;
    }

    /** Returns the mask of the picture. */
    Optional<Input<Picture>> mask() {
        return Optional.ofNullable(options.mask);
    }

    /** Returns the latents that Stage C begins with. */
    Optional<Input<StageCLatents>> start() {
        return Optional.ofNullable(options.start);
    }

    /** Returns what the request is mixed with. */
    Optional<Blend> blend() {
        return Optional.ofNullable(options.blend);
    }

    /** Returns the hidden states that stand for the texts. */
    Optional<Input<EncodedPrompt>> encodedPrompt() {
        return Optional.ofNullable(options.encodedPrompt);
    }

    /** Returns how many steps Stage C does. */
    int stageCStepsToDo() {
        if (options.start != null) {
            return options.start.value().map(StageCLatents::stepsLeft).orElse(0);
        }
        float strength = options.image == null ? 1 : strength().orElse(1.0f);
        return strength < 1
                ? StageCStart.visited(stageCTimesteps(), strength).map(Timesteps::steps).orElse(0)
                : stageCTimesteps().steps();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PictureSettings that && options.equals(that.options);
    }

    @Override
    public int hashCode() {
        return options.hashCode();
    }

    @Override
    public String toString() {
        return options.describe("PictureSettings");
    }
}
