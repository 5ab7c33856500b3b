package wurstchen.internal;

import wurstchen.image.Picture;

/**
 * An image prompt of a request.
 *
 * @param picture the picture, or its hash
 * @param share how much it counts
 */
public record PromptPicture(Input<Picture> picture, float share) {}
