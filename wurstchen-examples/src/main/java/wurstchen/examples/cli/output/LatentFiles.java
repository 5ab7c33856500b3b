package wurstchen.examples.cli.output;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import wurstchen.PictureDefaults;
import wurstchen.PictureMetadata;
import wurstchen.PictureRequest;
import wurstchen.image.WholeFile;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.stage.StageCLatents;

/**
 * Stage C's latents of a run, a file for each picture. It is replaced after every step, so that an interrupted run can be continued from the
 * last one.
 */
public final class LatentFiles implements RequestListener {
    private final List<Path> files = new ArrayList<>();
    private final List<Map<String, String>> notes = new ArrayList<>();

    /**
     * Finds out whether the files can be written, before anything is computed.
     *
     * @param out names them
     * @param pictures of the run
     * @throws wurstchen.WurstchenException if one cannot
     */
    public LatentFiles(Path out, int pictures) {
        for (int picture = 0; picture < pictures; picture++) {
            Path file = NamedFiles.numbered(out, pictures, picture);
            WholeFile.check(file);
            files.add(file);
        }
    }

    /**
     * Sets what the files say of how they are made.
     *
     * @param request with a seed
     * @param defaults the model's
     * @param modelSha256 identifies the model
     */
    public void describe(PictureRequest request, PictureDefaults defaults, String modelSha256) {
        for (int picture = 0; picture < files.size(); picture++) {
            long seed = request.seed().orElseThrow() + picture;
            Map<String, String> text = new LinkedHashMap<>(
                    request.toBuilder().pictures(1).seed(seed).build().settings(defaults).toText());
            text.put("model-sha256", modelSha256);
            notes.add(text);
        }
    }

    @Override
    public void onStep(CompletedStep step) {
        if (step.stage() == CascadeStage.STAGE_C) {
            for (int i = 0; i < step.pictures(); i++) {
                write(step.firstPicture() + i, StageCLatents.copyOf(step.latents(), i, step.steps() - step.step()));
            }
        }
    }

    private void write(int picture, StageCLatents latents) {
        latents.withNotes(notes.get(picture)).write(files.get(picture));
    }

    /**
     * Writes the latents that a request ended with.
     *
     * @param latents one for each picture
     * @param written hears of each file, and how it was made
     */
    public void finish(List<StageCLatents> latents, BiConsumer<Path, PictureMetadata> written) {
        for (int picture = 0; picture < latents.size(); picture++) {
            write(picture, latents.get(picture));
            written.accept(files.get(picture), PictureMetadata.fromText(notes.get(picture)));
        }
    }
}
