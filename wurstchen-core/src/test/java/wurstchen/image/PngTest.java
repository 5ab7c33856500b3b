package wurstchen.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.WurstchenException;
import wurstchen.stage.Pixels;

class PngTest {
    private static final Picture PICTURE =
            Picture.fromPixels(new Pixels(1, 2, 1, new float[] {0, 0.1f, 0.2f, 0.3f, 0.4f, 1})).get(0);

    @TempDir
    private Path folder;

    private static Png withoutText() {
        return new Png(PICTURE, Map.of());
    }

    private static Map<String, String> text() {
        Map<String, String> text = new LinkedHashMap<>();
        text.put("prompt", "ein Würstchen: 🌭, 香腸");
        text.put("seed", "-1");
        text.put("negative-prompt", "");
        text.put("a: b", "the keyword has a colon");
        return text;
    }

    @Test
    void file_writtenAndRead_isTheSame() throws IOException {
        Path file = folder.resolve("a.png");
        new Png(PICTURE, text()).write(file);

        assertThat(Picture.fromImage(ImageIO.read(file.toFile()))).isEqualTo(PICTURE);
        assertThat(Png.read(file)).isEqualTo(new Png(PICTURE, text())).hasSameHashCodeAs(new Png(PICTURE, text()));
        assertThat(Png.read(file).text()).containsExactlyEntriesOf(text());
    }

    @Test
    void readText_isTheTextAlone_alsoOfPixelsThatAreDamaged() throws IOException {
        Path file = folder.resolve("a.png");
        byte[] bytes = new Png(PICTURE, text()).toBytes();
        int data = new String(bytes, ISO_8859_1).indexOf("IDAT");
        bytes[data + 5] ^= 0x55;
        Files.write(file, bytes);

        assertThat(Png.readText(file)).containsExactlyEntriesOf(text());
        assertThat(Png.readText(new ByteArrayInputStream(bytes))).containsExactlyEntriesOf(text());
        assertThatThrownBy(() -> Png.read(file)).isInstanceOf(WurstchenException.class);
    }

    @Test
    void readText_ofAnotherFile_throws() throws IOException {
        Path file = folder.resolve("a.txt");
        Files.writeString(file, "no picture");

        assertThatThrownBy(() -> Png.readText(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("cannot read " + file + ": ImagingException");
    }

    @Test
    void streamsAndBytes_areThoseOfTheFile() throws IOException {
        Path file = folder.resolve("a.png");
        Png png = new Png(PICTURE, text());
        png.write(file);
        RecordingStream out = new RecordingStream();
        png.write(out);

        assertThat(png.toBytes()).isEqualTo(Files.readAllBytes(file)).isEqualTo(out.toByteArray());
        assertThat(out.flushed).isTrue();
        assertThat(out.closed).isFalse();
    }

    private static final class RecordingStream extends ByteArrayOutputStream {
        private boolean flushed;
        private boolean closed;

        @Override
        public void flush() {
            flushed = true;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void readStream_isReadToItsEndAndNotClosed() {
        boolean[] closed = new boolean[1];
        InputStream in = new ByteArrayInputStream(withoutText().toBytes()) {
            @Override
            public void close() {
                closed[0] = true;
            }
        };

        assertThat(Png.read(in)).isEqualTo(withoutText());
        assertThat(in).isEmpty();
        assertThat(closed[0]).isFalse();
    }

    @Test
    void filesOfOtherPrograms_areRead() throws IOException {
        BufferedImage transparent = new BufferedImage(1, 2, BufferedImage.TYPE_INT_ARGB);
        transparent.setRGB(0, 0, 0x80123456);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(transparent, "png", out);

        Png png = Png.read(new ByteArrayInputStream(out.toByteArray()));

        assertThat(png.picture().rgb(0, 0)).isEqualTo(0x123456);
        assertThat(png.text()).isEmpty();
    }

    @Test
    void write_overAFile_replacesItAndLeavesNothingElse() throws IOException {
        Path file = folder.resolve("a.png");
        Files.writeString(file, "old");
        withoutText().write(file);
        assertThat(Picture.fromImage(ImageIO.read(file.toFile()))).isEqualTo(PICTURE);
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    }

    @Test
    void write_intoAMissingFolder_throws() {
        Path file = folder.resolve("none").resolve("a.png");
        assertThatThrownBy(() -> withoutText().write(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write %s: %s is not a folder; create it, or name one that exists", file, file.getParent());
    }

    @Test
    void write_ontoAFolder_throws() {
        assertThatThrownBy(() -> withoutText().write(folder))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write %s: it is a folder; name a file, such as %s", folder, folder.resolve("picture.png"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void write_toAStreamThatFails_throws() {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("connection reset");
            }
        };
        assertThatThrownBy(() -> withoutText().write(broken))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write a PNG: IOException (connection reset)")
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void read_missingFile_throws() {
        Path file = folder.resolve("none.png");
        assertThatThrownBy(() -> Png.read(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read %s: NoSuchFileException (%s)", file, file);
    }

    /** Cut off, and with one byte of each part changed: an exception of this library's, or a picture, but nothing else. */
    @Test
    void read_damagedFile_throwsOrReads() {
        byte[] bytes = new Png(PICTURE, text()).toBytes();
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x55;
            readOrRefuse(changed);
            readOrRefuse(Arrays.copyOf(bytes, i));
        }
        assertThatThrownBy(() -> Png.read(new ByteArrayInputStream("no PNG".getBytes())))
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("cannot read a PNG: ");
    }

    private static void readOrRefuse(byte[] bytes) {
        try {
            Png.read(new ByteArrayInputStream(bytes));
        } catch (WurstchenException e) {
            assertThat(e).hasMessageStartingWith("cannot read a PNG: ");
        }
    }

    @Test
    void read_hugePicture_isRefusedBeforeItIsUnpacked() {
        byte[] bytes = withoutText().toBytes();
        // Width and height lie after 8 bytes of signature and 8 of the first chunk's head; the chunk's checksum is behind its 13 bytes.
        ByteBuffer header = ByteBuffer.wrap(bytes);
        header.putInt(16, 60_000).putInt(20, 50_000);
        CRC32 crc = new CRC32();
        crc.update(bytes, 12, 17);
        header.putInt(29, (int) crc.getValue());

        assertThatThrownBy(() -> Png.read(new ByteArrayInputStream(bytes)))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read a PNG: IOException (a picture of 60000 x 50000 px, at most 67108864 pixels are read)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " a", "a ", "a  b", "a\nb", "香"})
    void keywordThatPngForbids_isRefused(String keyword) {
        assertThatThrownBy(() -> new Png(PICTURE, Map.of(keyword, "")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a PNG keyword must be 1 to 79 printable Latin-1 characters with single spaces between them, got '%s'", keyword);
    }

    @Test
    void keywordOf80Characters_isRefused() {
        assertThat(new Png(PICTURE, Map.of("a".repeat(79), "b")).text()).hasSize(1);
        assertThatThrownBy(() -> new Png(PICTURE, Map.of("a".repeat(80), "b"))).isInstanceOf(IllegalArgumentException.class);
    }
}
