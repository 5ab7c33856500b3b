package wurstchen.internal;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Optional;
import wurstchen.image.Picture;

/**
 * What a request is mixed with on the way to another one.
 *
 * @param share of the other, above 0, below 1
 * @param prompt the other's
 * @param negativePrompt the other's
 * @param seed the other's
 * @param image the other's picture, if it begins with one
 */
public record Blend(float share, String prompt, String negativePrompt, long seed, Optional<Input<Picture>> image) {
    /** Checks the share. */
    public Blend {
        checkArgument(share > 0 && share < 1, "a blend's share must be above 0 and below 1, got %s", share);
    }
}
