/** From pixels to pictures, and pictures to PNG files that say how they were made. */
@NullMarked
package wurstchen.image;

import org.jspecify.annotations.NullMarked;
