package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import org.apache.commons.imaging.formats.jpeg.exif.ExifRewriter;
import org.apache.commons.imaging.formats.tiff.constants.TiffTagConstants;
import org.apache.commons.imaging.formats.tiff.write.TiffOutputSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.WurstchenException;

/** Files that people have, and files that somebody made to do harm. */
class PictureReaderTest {
    private static final PictureReader READER = PictureReader.create();

    /** 48 x 32 px of 16 x 16 blocks, which JPEG keeps: red, green, blue above cyan, yellow, white. */
    private static BufferedImage blocks() {
        int[][] colours = {{0xd02020, 0x20d020, 0x2020d0}, {0x20d0d0, 0xd0d020, 0xe0e0e0}};
        BufferedImage image = new BufferedImage(48, 32, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 48 * 32; i++) {
            image.setRGB(i % 48, i / 48, colours[i / 48 / 16][i % 48 / 16]);
        }
        return image;
    }

    private static byte[] encoded(BufferedImage image, String format, boolean progressive) throws IOException {
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName(format);
        ImageWriter writer = writers.next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriteParam parameters = writer.getDefaultWriteParam();
        if (progressive) {
            parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
        }
        try (var out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static Picture read(PictureReader reader, byte[] file) {
        return reader.read(new ByteArrayInputStream(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "gif", "tiff"})
    void everyFormatWithoutLoss_isReadAsItIs(String format) throws IOException {
        assertThat(read(READER, encoded(blocks(), format, false))).isEqualTo(Picture.fromImage(blocks()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void jpeg_isReadNearly(boolean progressive) throws IOException {
        assertNear(read(READER, encoded(blocks(), "jpeg", progressive)), Picture.fromImage(blocks()));
    }

    /** In the middle of each block. */
    private static void assertNear(Picture actual, Picture expected) {
        assertThat(actual.width()).isEqualTo(expected.width());
        assertThat(actual.height()).isEqualTo(expected.height());
        for (int y = 8; y < expected.height(); y += 16) {
            for (int x = 8; x < expected.width(); x += 16) {
                for (int shift = 0; shift < 24; shift += 8) {
                    int difference = (actual.rgb(x, y) >> shift & 0xff) - (expected.rgb(x, y) >> shift & 0xff);
                    assertThat(Math.abs(difference)).as("at %s, %s: %x", x, y, actual.rgb(x, y)).isLessThanOrEqualTo(6);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "tiff"})
    void greyWithoutLoss_keepsItsValues(String format) throws IOException {
        BufferedImage grey = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
        for (int x = 0; x < 256; x++) {
            grey.getRaster().setSample(x, 0, 0, x);
        }

        Picture read = read(READER, encoded(grey, format, false));

        for (int x = 0; x < 256; x++) {
            assertThat(read.rgb(x, 0)).isEqualTo(x * 0x010101);
        }
    }

    @Test
    void greyJpeg_keepsItsValues() throws IOException {
        BufferedImage grey = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        int[] values = new int[16 * 16];
        java.util.Arrays.fill(values, 100);
        grey.getRaster().setSamples(0, 0, 16, 16, 0, values);
        assertThat(read(READER, encoded(grey, "jpeg", false)).rgb(8, 8)).isEqualTo(0x646464);
    }

    @Test
    void pnm_isRead() {
        byte[] file = "P3 2 1 255 255 0 0 0 0 255\n".getBytes(StandardCharsets.US_ASCII);
        Picture picture = read(READER, file);
        assertThat(picture.rgb(0, 0)).isEqualTo(0xff0000);
        assertThat(picture.rgb(1, 0)).isEqualTo(0x0000ff);
    }

    /** The blocks that are seen at the top left, top right, bottom left and bottom right, by their numbers in reading order. */
    @ParameterizedTest
    @CsvSource({"1, 0 2 3 5", "2, 2 0 5 3", "3, 5 3 2 0", "4, 3 5 0 2", "5, 0 3 2 5", "6, 3 0 5 2", "7, 5 2 3 0", "8, 2 5 0 3"})
    void orientationOfACamera_isFollowed(int tag, String corners) throws IOException {
        TiffOutputSet exif = new TiffOutputSet();
        exif.getOrCreateRootDirectory().add(TiffTagConstants.TIFF_TAG_ORIENTATION, (short) tag);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        new ExifRewriter().updateExifMetadataLossless(encoded(blocks(), "jpeg", false), file, exif);

        Picture picture = read(READER, file.toByteArray());

        assertThat(List.of(picture.width(), picture.height())).isEqualTo(tag < 5 ? List.of(48, 32) : List.of(32, 48));
        int right = picture.width() - 8;
        int bottom = picture.height() - 8;
        assertThat(block(picture.rgb(8, 8)) + " " + block(picture.rgb(right, 8)) + " " + block(picture.rgb(8, bottom)) + " "
                        + block(picture.rgb(right, bottom)))
                .isEqualTo(corners);
    }

    /** The number of the block whose colour is nearest. */
    private static int block(int rgb) {
        int best = 0;
        for (int i = 1; i < 6; i++) {
            best = distance(rgb, i) < distance(rgb, best) ? i : best;
        }
        return best;
    }

    private static int distance(int rgb, int block) {
        int other = blocks().getRGB(block % 3 * 16, block / 3 * 16);
        int sum = 0;
        for (int shift = 0; shift < 24; shift += 8) {
            sum += Math.abs((rgb >> shift & 0xff) - (other >> shift & 0xff));
        }
        return sum;
    }

    @Test
    void transparentParts_showTheBackground() throws IOException {
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00123456);
        image.setRGB(1, 0, 0x80ff0000);
        image.setRGB(2, 0, 0xff102030);
        byte[] file = encoded(image, "png", false);

        Picture onWhite = read(READER, file);
        Picture onBlue = read(READER.background(0x0000ff), file);

        assertThat(onWhite.rgb(0, 0)).isEqualTo(0xffffff);
        assertThat(onWhite.rgb(1, 0)).isEqualTo(0xff7f7f);
        assertThat(onBlue.rgb(0, 0)).isEqualTo(0x0000ff);
        assertThat(onBlue.rgb(1, 0)).isEqualTo(0x80007f);
        assertThat(onBlue.rgb(2, 0)).as("opaque").isEqualTo(0x102030);
    }

    @Test
    void tooManyPixels_areRefusedBeforeTheyAreUnpacked() throws IOException {
        byte[] file = encoded(blocks(), "png", false);
        assertThatThrownBy(() -> read(READER.maxPixels(48 * 32 - 1), file))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read the picture: IOException (a picture of 48 x 32 px, at most 1535 pixels are read)");
        assertThat(read(READER.maxPixels(48 * 32), file).width()).isEqualTo(48);
    }

    /** 24 bytes of a header are all there is: who allocates by it needs 16 EB. */
    @Test
    void hugeHeader_isRefused() {
        byte[] file = ("BM" + "\0".repeat(12)).getBytes(StandardCharsets.ISO_8859_1);
        byte[] bomb = java.nio.ByteBuffer.allocate(64)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .put(file)
                .putInt(40)
                .putInt(Integer.MAX_VALUE)
                .putInt(Integer.MAX_VALUE)
                .putShort((short) 1)
                .putShort((short) 24)
                .array();
        assertThatThrownBy(() -> read(READER, bomb))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read the picture: IOException (a picture of 2147483647 x 2147483647 px, at most 67108864 pixels are read)");
    }

    @Test
    void tooManyBytes_areRefused() throws IOException {
        byte[] file = encoded(blocks(), "png", false);
        assertThatThrownBy(() -> read(READER.maxBytes(file.length - 1), file))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read the picture: IOException (more than " + (file.length - 1) + " bytes, the limit that is set)");
        assertThat(read(READER.maxBytes(file.length), file).width()).isEqualTo(48);
    }

    @Test
    void otherFiles_areRefused(@TempDir Path folder) throws IOException {
        Path text = Files.writeString(folder.resolve("picture.png"), "This is not a picture.");
        assertThatThrownBy(() -> READER.read(text))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read " + text + ": IOException (not a picture that can be read (unknown): give one of "
                        + "BMP, GIF, JPEG, PAM, PBM, PGM, PNG, PPM, TIFF)");
        assertThatThrownBy(() -> READER.read(folder.resolve("none.png")))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read " + folder.resolve("none.png") + ": NoSuchFileException (" + folder.resolve("none.png") + ")");
    }

    @Test
    void file_isRead(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("picture.jpg");
        Files.write(file, encoded(blocks(), "png", false));
        assertThat(READER.read(file)).as("whatever its name").isEqualTo(Picture.fromImage(blocks()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg", "gif", "bmp", "tiff"})
    void cutFiles_neverEndInAnythingElse(String format) throws IOException {
        byte[] file = encoded(blocks(), format, false);
        for (int length = 0; length < file.length; length += Math.max(1, file.length / 40)) {
            byte[] cut = java.util.Arrays.copyOf(file, length);
            try {
                read(READER, cut);
            } catch (WurstchenException e) {
                assertThat(e).hasMessageStartingWith("cannot read the picture: ");
            }
        }
    }

    @Test
    void badSettings_areRefused() {
        assertThatThrownBy(() -> READER.background(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("background must be a colour 0xRRGGBB, got 0xffffffff");
        assertThatThrownBy(() -> READER.maxBytes(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the largest file must have at least 1 byte, got 0");
        assertThatThrownBy(() -> READER.maxPixels(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the largest picture must have 1 to 2^29 pixels, got 0");
    }
}
