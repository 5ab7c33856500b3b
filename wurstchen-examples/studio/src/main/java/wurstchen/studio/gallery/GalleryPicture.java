package wurstchen.studio.gallery;

import java.nio.file.Path;
import java.time.Instant;
import wurstchen.PictureMetadata;

/**
 * A finished picture on disk. Immutable.
 *
 * @param id the name of its file without ".png"
 * @param file where it is
 * @param made when, as far as the file says
 * @param metadata how it was made, as the file says
 */
public record GalleryPicture(String id, Path file, Instant made, PictureMetadata metadata) {}
