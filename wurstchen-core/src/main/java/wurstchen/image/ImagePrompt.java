package wurstchen.image;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/**
 * A picture that says, beside the prompt, what to show.
 *
 * @param picture of any size; the model looks at the square in its middle
 * @param share how much it counts: the picture's embedding is multiplied by it; finite, 1 as trained, 0 as without it
 */
public record ImagePrompt(Picture picture, float share) {
    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the share is not finite
     */
    public ImagePrompt {
        checkNotNull(picture, "picture");
        checkArgument(Float.isFinite(share), "the share of an image prompt must be finite, got %s", share);
    }
}
