package wurstchen.studio.job;

import java.util.List;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;

/**
 * What a job's pictures look like so far. Immutable.
 *
 * @param number counts the job's previews from 1
 * @param stage Stage C or Stage B
 * @param firstPicture index of the first one
 * @param pictures small pictures of the batch
 */
public record Preview(int number, CascadeStage stage, int firstPicture, List<Picture> pictures) {}
