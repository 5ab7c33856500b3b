package wurstchen.examples.cli.output;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import wurstchen.WurstchenException;
import wurstchen.image.Png;
import wurstchen.image.WholeFile;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StepPreview;

/** Writes previews as they come. */
public final class PreviewFiles implements RequestListener {
    private final Path folder;
    private final int pictures;

    /**
     * Makes the folder, if it is missing, before anything is computed.
     *
     * @param folder where previews go
     * @param pictures of the request
     * @throws WurstchenException if it cannot be made or written to
     */
    public PreviewFiles(Path folder, int pictures) {
        this.folder = folder;
        this.pictures = pictures;
        try {
            Files.createDirectories(folder);
        } catch (FileAlreadyExistsException e) {
            throw new WurstchenException("cannot make the folder " + folder + " for previews: it is a file; name another one", e);
        } catch (IOException e) {
            throw new WurstchenException("cannot make the folder " + folder + " for previews: " + e + "; name another one", e);
        }
        WholeFile.check(file(CascadeStage.STAGE_C, 1, 0));
    }

    private Path file(CascadeStage stage, int step, int picture) {
        String name = String.format(Locale.ROOT, stage == CascadeStage.STAGE_C ? "stage-c-%03d.png" : "stage-b-%03d.png", step);
        return folder.resolve(pictures == 1 ? name : picture + "-" + name);
    }

    @Override
    public void onStep(CompletedStep step) {
        // Only previews are written.
    }

    @Override
    public void onPreview(StepPreview preview) {
        for (int i = 0; i < preview.pictures().size(); i++) {
            new Png(preview.pictures().get(i), Map.of()).write(file(preview.stage(), preview.step(), preview.firstPicture() + i));
        }
    }
}
