package wurstchen.examples.cli.output;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import wurstchen.GeneratedPicture;
import wurstchen.image.WholeFile;

/** wurstchen-0001.png or the next name that is free; one is claimed ahead, so that several runs at once take different ones. */
final class NextFreeFiles implements PictureFiles {
    private final Path folder;
    private final PictureFormat format;
    private int number = 1;
    private Optional<FileClaim> claim = Optional.empty();

    NextFreeFiles(Path folder, PictureFormat format) {
        this.folder = folder;
        this.format = format;
    }

    @Override
    public void check() {
        WholeFile.removeLeftovers(folder);
        claim = Optional.of(claimNext());
    }

    private FileClaim claimNext() {
        while (true) {
            Path file = folder.resolve(String.format(Locale.ROOT, "wurstchen-%04d.png", number++));
            Optional<FileClaim> taken = FileClaim.take(file);
            if (taken.isPresent()) {
                return taken.get();
            }
        }
    }

    @Override
    public Path write(GeneratedPicture picture) {
        try (FileClaim own = claim.orElseGet(this::claimNext)) {
            claim = Optional.empty();
            WholeFile.write(own.file(), format.encode(picture));
            return own.file();
        }
    }

    @Override
    public void close() {
        claim.ifPresent(FileClaim::close);
    }
}
