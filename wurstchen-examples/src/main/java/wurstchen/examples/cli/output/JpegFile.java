package wurstchen.examples.cli.output;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import wurstchen.image.Picture;

/** JPEG files with a comment. Source of the markers: ITU-T T.81, table B.1. */
final class JpegFile {
    private static final int MARKER = 0xff;
    private static final int COMMENT = 0xfe;
    private static final int START_OF_SCAN = 0xda;
    private static final int START_BYTES = 2;

    /** A segment's length is of 16 bits and counts itself. */
    private static final int MOST_OF_A_SEGMENT = 0xffff - 2;

    private JpegFile() {}

    static byte[] encode(Picture picture, int quality, Optional<String> comment) {
        byte[] jpeg = encode(picture, quality);
        ByteArrayOutputStream file = new ByteArrayOutputStream(jpeg.length);
        file.write(jpeg, 0, START_BYTES);
        comment.ifPresent(text -> writeComment(file, text.getBytes(UTF_8)));
        file.write(jpeg, START_BYTES, jpeg.length - START_BYTES);
        return file.toByteArray();
    }

    private static byte[] encode(Picture picture, int quality) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(quality / 100f);
            writer.setOutput(out);
            writer.write(null, new IIOImage(picture.toImage(), null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Nothing is written but to memory.
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static void writeComment(ByteArrayOutputStream file, byte[] text) {
        for (int from = 0; from < text.length; from += MOST_OF_A_SEGMENT) {
            int length = Math.min(MOST_OF_A_SEGMENT, text.length - from);
            file.write(MARKER);
            file.write(COMMENT);
            file.write((length + 2) >> 8);
            file.write(length + 2);
            file.write(text, from, length);
        }
    }

    /** Returns the comments before the picture's data, one after the other; empty if it is no JPEG file, or has none. */
    static Optional<String> comment(byte[] file) {
        ByteArrayOutputStream comment = new ByteArrayOutputStream();
        ByteBuffer bytes = ByteBuffer.wrap(file);
        bytes.position(Math.min(START_BYTES, file.length));
        while (bytes.remaining() >= 4 && (bytes.get() & 0xff) == MARKER) {
            int kind = bytes.get() & 0xff;
            int length = (bytes.getShort() & 0xffff) - 2;
            if (kind == START_OF_SCAN || length < 0 || length > bytes.remaining()) {
                break;
            }
            if (kind == COMMENT) {
                comment.write(file, bytes.position(), length);
            }
            bytes.position(bytes.position() + length);
        }
        return comment.size() == 0 ? Optional.empty() : Optional.of(comment.toString(UTF_8));
    }
}
