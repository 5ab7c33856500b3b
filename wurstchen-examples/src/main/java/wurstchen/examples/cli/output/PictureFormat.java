package wurstchen.examples.cli.output;

import java.util.Map;
import wurstchen.GeneratedPicture;
import wurstchen.image.Png;

/**
 * How pictures become files.
 *
 * @param metadata whether a file says how it was made
 */
public record PictureFormat(boolean metadata) {
    byte[] encode(GeneratedPicture picture) {
        return metadata ? picture.toPng() : new Png(picture.picture(), Map.of()).toBytes();
    }
}
