package wurstchen;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;

/**
 * What a request gave.
 *
 * @param pictures in the order of their seeds, at least one
 * @param durations wall time of each stage, all pictures together
 * @param droppedTexts the texts that were cut because they did not fit a tokenizer; empty if nothing was
 * @param transfers what was copied between the host and the device that computed, all pictures together
 * @param engine the runtime and the device that computed, in one line
 * @param notes what did not go as well as it could, one line each; empty if all went well
 */
public record PictureResult(
        ImmutableList<GeneratedPicture> pictures,
        ImmutableMap<CascadeStage, Duration> durations,
        ImmutableList<DroppedText> droppedTexts,
        StageTransfers transfers,
        String engine,
        ImmutableList<String> notes) {
    /**
     * Returns the first picture: the one, if the request did not ask for more.
     *
     * @return the picture with the request's own seed
     */
    public GeneratedPicture first() {
        return pictures.get(0);
    }
}
