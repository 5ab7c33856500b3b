package wurstchen.progress;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.OptionalInt;

/**
 * Which previews a request makes: small pictures of the clean latents that a step of Stage C or Stage B predicts, long before the noise is
 * gone. They cost a copy of the latents to the host before and after the step. Immutable.
 *
 * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="previews"}
 *
 * @param everySteps a preview after every so many steps of each stage, and after its last one
 * @param stageBSteps steps of Stage B by which a preview of Stage C is made; empty for the model's projection
 */
public record Previews(int everySteps, OptionalInt stageBSteps) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is below 1
     */
    public Previews {
        checkArgument(everySteps >= 1, "previews must be at least 1 step apart, got %s", everySteps);
        checkArgument(stageBSteps.orElse(1) >= 1, "previews through Stage B need at least 1 step of it, got %s", stageBSteps.orElse(1));
    }

    /**
     * Asks for previews by the projection that ships with the model, which takes less than a millisecond.
     *
     * @param steps a preview after every so many steps
     * @return such previews
     * @throws IllegalArgumentException if it is below 1
     */
    public static Previews every(int steps) {
        return new Previews(steps, OptionalInt.empty());
    }

    /**
     * Asks for previews of Stage C that go through Stage B and Stage A: whole pictures, which take as long as these steps do. Stage B has
     * none then. In low-memory mode both stages are open at a time.
     *
     * @param steps of Stage B, evenly spaced, at least 1; 1 to 3 are usual
     * @return previews that differ in this
     * @throws IllegalArgumentException if it is below 1
     */
    public Previews throughStages(int steps) {
        return new Previews(everySteps, OptionalInt.of(steps));
    }
}
