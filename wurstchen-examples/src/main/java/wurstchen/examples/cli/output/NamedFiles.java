package wurstchen.examples.cli.output;

import com.google.common.io.MoreFiles;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import wurstchen.GeneratedPicture;
import wurstchen.WurstchenException;
import wurstchen.image.WholeFile;

/** The name that the user gave, numbered if there are several pictures. */
final class NamedFiles implements PictureFiles {
    private final Path out;
    private final int pictures;
    private final PictureFormat format;

    /** Those that were there at the start, and are replaced. */
    private final Set<Path> replaced = new HashSet<>();

    private Optional<FileClaim> claim = Optional.empty();
    private int next;

    NamedFiles(Path out, int pictures, PictureFormat format) {
        this.out = out;
        this.pictures = pictures;
        this.format = format;
    }

    Path file(int picture) {
        return numbered(out, pictures, picture);
    }

    /** Returns the name itself for one picture; a-0.png, a-1.png, ... for several. */
    static Path numbered(Path out, int pictures, int picture) {
        if (pictures == 1) {
            return out;
        }
        String extension = MoreFiles.getFileExtension(out);
        return out.resolveSibling(MoreFiles.getNameWithoutExtension(out) + "-" + picture + "." + extension);
    }

    @Override
    public void check() {
        for (int picture = 0; picture < pictures; picture++) {
            Path file = file(picture);
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !FileClaim.marks(file)) {
                replaced.add(file);
            }
            WholeFile.check(file);
        }
        WholeFile.removeLeftovers(out.toAbsolutePath().getParent());
        claim = claim(file(0), "another run is making it");
    }

    private Optional<FileClaim> claim(Path file, String otherwise) {
        if (replaced.contains(file)) {
            return Optional.empty();
        }
        return Optional.of(FileClaim.take(file)
                .orElseThrow(() -> new WurstchenException("cannot write " + file + ": " + otherwise + "; give another name")));
    }

    @Override
    public Path write(GeneratedPicture picture) {
        Path file = file(next++);
        Optional<FileClaim> own = claim.isPresent() ? claim : claim(file, "it was not there when this run began");
        claim = Optional.empty();
        try {
            WholeFile.write(file, format.encode(picture));
        } finally {
            own.ifPresent(FileClaim::close);
        }
        return file;
    }

    @Override
    public void close() {
        claim.ifPresent(FileClaim::close);
    }
}
