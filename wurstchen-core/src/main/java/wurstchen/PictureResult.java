package wurstchen;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import wurstchen.internal.StageMeter;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StageTransfers;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.Engine;
import wurstchen.stage.StageCLatents;

/** What a request gave. Immutable. */
public final class PictureResult {
    /** The note of Stage C latents that names the model. */
    static final String MODEL_SHA256 = "model-sha256";

    private final List<GeneratedPicture> pictures;
    private final List<StageCLatents> stageCLatents;
    private final List<EncodedPrompt> encodedPrompts;
    private final int finishedPictures;
    private final Map<CascadeStage, Duration> durations;
    private final List<DroppedText> droppedTexts;
    private final StageTransfers transfers;
    private final String engine;
    private final List<String> notes;

    PictureResult(FinishedPictures finished, StageMeter meter, List<DroppedText> droppedTexts, Engine engine) {
        this.pictures = finished.kept();
        this.stageCLatents = finished.latents();
        this.encodedPrompts = finished.encodedPrompts();
        this.finishedPictures = finished.count();
        this.durations = meter.durations();
        this.droppedTexts = List.copyOf(droppedTexts);
        this.transfers = meter.transfers();
        this.engine = engine.description();
        this.notes = List.copyOf(engine.notes());
    }

    /**
     * Returns the pictures.
     *
     * @return in the order of their seeds, immutable; empty if the request's {@linkplain PictureRequest#consumer consumer} has got them, or
     *     it ended before Stage A
     */
    public List<GeneratedPicture> pictures() {
        return pictures;
    }

    /**
     * Returns the first picture: the one, if the request did not ask for more.
     *
     * @return the picture with the request's own seed
     * @throws IllegalStateException if the request's consumer has got the pictures, or the request ended before Stage A
     */
    public GeneratedPicture first() {
        if (pictures.isEmpty()) {
            throw new IllegalStateException(whyNoPicture());
        }
        return pictures.get(0);
    }

    private String whyNoPicture() {
        if (!stageCLatents.isEmpty()) {
            return "the request ended with Stage C: take its latents with stageCLatents()";
        }
        return encodedPrompts.isEmpty()
                ? "the request's consumer has got the pictures: take them there, or set none"
                : "the request ended with the text: take its hidden states with encodedPrompts()";
    }

    /**
     * Returns the hidden states of a request that {@linkplain PictureRequest.Builder#stopAfter ended with the text}.
     *
     * @return one for each prompt of the request's list, or one, with the negative prompt whatever the guidance; immutable; empty for other
     *     requests
     */
    public List<EncodedPrompt> encodedPrompts() {
        return encodedPrompts;
    }

    /**
     * Returns the Stage C latents of a request that {@linkplain PictureRequest.Builder#stopAfter ended with Stage C}.
     *
     * @return one for each picture, in the order of their seeds, with the picture's settings and the model's hash as notes; immutable; empty
     *     for other requests
     */
    public List<StageCLatents> stageCLatents() {
        return stageCLatents;
    }

    /**
     * Returns how many pictures were made.
     *
     * @return as many as the request asked for, also if its consumer has got them; none if it ended with the text
     */
    public int finishedPictures() {
        return finishedPictures;
    }

    /**
     * Returns how long each stage took.
     *
     * @return wall time, all pictures together, in the order of the stages; immutable
     */
    public Map<CascadeStage, Duration> durations() {
        return durations;
    }

    /**
     * Returns the texts that were cut because they did not fit a tokenizer.
     *
     * @return immutable; empty if nothing was cut
     */
    public List<DroppedText> droppedTexts() {
        return droppedTexts;
    }

    /**
     * Returns what was copied between the host and the device that computed.
     *
     * @return all pictures together
     */
    public StageTransfers transfers() {
        return transfers;
    }

    /**
     * Returns the runtime and the device that computed.
     *
     * @return one line
     */
    public String engine() {
        return engine;
    }

    /**
     * Returns what did not go as well as it could.
     *
     * @return one line each, immutable; empty if all went well
     */
    public List<String> notes() {
        return notes;
    }

    @Override
    public String toString() {
        return "PictureResult[" + finishedPictures + (finishedPictures == 1 ? " picture, " : " pictures, ") + durations + "]";
    }
}
