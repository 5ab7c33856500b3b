package wurstchen.examples.cli.list;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import wurstchen.PictureDefaults;
import wurstchen.PictureMetadata;
import wurstchen.PictureRequest;
import wurstchen.PictureSettings;
import wurstchen.WurstchenException;
import wurstchen.examples.cli.output.PictureText;

/**
 * A picture of a list.
 *
 * @param request of one picture
 * @param file where it goes
 */
public record ListedPicture(PictureRequest request, Path file) {
    /**
     * Looks whether the picture is there: its file says so, not its name.
     *
     * @param defaults the model's
     * @param modelSha256 identifies the model
     * @return what its file says, if it was made by the same request with the same model; without a seed in the request, with any
     * @throws WurstchenException if the file is none of this program's, which is never replaced
     */
    public Optional<PictureMetadata> found(PictureDefaults defaults, String modelSha256) {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        PictureMetadata found = read();
        PictureRequest expected = request.seed().isPresent()
                ? request
                : request.toBuilder().seed(found.settings().seed()).build();
        PictureSettings settings = expected.settings(defaults);
        boolean same = found.settings().equals(settings) && found.origin().modelSha256().equals(modelSha256);
        return same ? Optional.of(found) : Optional.empty();
    }

    private PictureMetadata read() {
        try {
            return PictureText.read(file);
        } catch (WurstchenException e) {
            throw new WurstchenException(
                    "cannot write " + file + ": a file that is no picture of this program has the name; move it away, or give another --out", e);
        }
    }
}
