package wurstchen.examples.cli.output;

import java.nio.file.Path;
import wurstchen.GeneratedPicture;
import wurstchen.WurstchenException;

/**
 * A picture that another program reads.
 *
 * @param format how it is encoded
 */
record StandardOutput(PictureFormat format) implements PictureFiles {
    @Override
    public void check() {
        // Whether it can be written is only known by writing.
    }

    @Override
    public Path write(GeneratedPicture picture) {
        byte[] bytes = format.encode(picture);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
        if (System.out.checkError()) {
            throw new WurstchenException("cannot write to standard output: is the disk full, or the other end of a pipe closed?");
        }
        return Path.of("-");
    }

    @Override
    public void close() {
        // Standard output is the JVM's.
    }
}
