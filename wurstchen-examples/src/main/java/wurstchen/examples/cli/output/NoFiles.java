package wurstchen.examples.cli.output;

import java.nio.file.Path;
import wurstchen.GeneratedPicture;

/** The files of a run that makes no pictures. */
record NoFiles() implements PictureFiles {
    @Override
    public void check() {
        // There is nothing to write.
    }

    @Override
    public Path write(GeneratedPicture picture) {
        throw new IllegalStateException("a run without pictures made one");
    }

    @Override
    public void close() {
        // There is nothing to give back.
    }
}
