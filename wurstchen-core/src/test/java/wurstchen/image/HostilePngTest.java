package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.GeneratedPicture;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.fixtures.FormulaStages;
import wurstchen.text.VisibleText;

/** A PNG of anybody: it is read, or refused with a WurstchenException. */
class HostilePngTest {
    private static byte[] png() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            return wurstchen.generate("a").first().toPng();
        }
    }

    private static void readOrRefused(byte[] bytes) {
        try {
            Png.read(new ByteArrayInputStream(bytes));
            GeneratedPicture.readPng(new ByteArrayInputStream(bytes));
        } catch (WurstchenException e) {
            assertThat(e.getMessage()).isEqualTo(VisibleText.of(e.getMessage()));
        }
    }

    /** The checksum of a chunk is mended, so that what comes after it is reached. */
    private static byte[] mended(byte[] png) {
        ByteBuffer in = ByteBuffer.wrap(png);
        for (int at = 8; at + 12 <= png.length; ) {
            int length = in.getInt(at);
            if (length < 0 || length > png.length - at - 12) {
                break;
            }
            CRC32 crc = new CRC32();
            crc.update(png, at + 4, length + 4);
            in.putInt(at + 8 + length, (int) crc.getValue());
            at += length + 12;
        }
        return png;
    }

    @Test
    void alteredBytes_areReadOrRefused() {
        byte[] original = png();
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            byte[] altered = original.clone();
            for (int change = 0; change <= random.nextInt(4); change++) {
                // Most changes hit what is not pixels: the first bytes.
                int place = random.nextInt(random.nextBoolean() ? 200 : altered.length);
                altered[place] = (byte) (random.nextBoolean() ? random.nextInt() : altered[place] ^ 1 << random.nextInt(8));
            }
            readOrRefused(random.nextBoolean() ? mended(altered) : altered);
        }
    }

    @Test
    void truncatedFiles_areReadOrRefused() {
        byte[] original = png();
        for (int length = 0; length < original.length; length += length < 300 ? 1 : 97) {
            readOrRefused(Arrays.copyOf(original, length));
        }
    }

    private static byte[] withChunk(String type, byte[] content) throws IOException {
        byte[] png = png();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int afterHeader = 8 + 25;
        out.write(png, 0, afterHeader);
        out.write(ByteBuffer.allocate(4).putInt(content.length).array());
        out.write(type.getBytes(StandardCharsets.ISO_8859_1));
        out.write(content);
        out.write(new byte[4]);
        out.write(png, afterHeader, png.length - afterHeader);
        return mended(out.toByteArray());
    }

    private static byte[] packed(String before, int bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(before.getBytes(StandardCharsets.ISO_8859_1));
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out)) {
            byte[] part = new byte[1 << 16];
            Arrays.fill(part, (byte) 'a');
            for (int written = 0; written < bytes; written += part.length) {
                deflater.write(part);
            }
        }
        return out.toByteArray();
    }

    /** Each would unpack to 300 MB. */
    @ParameterizedTest
    @ValueSource(strings = {"zTXt key\0\0", "iTXt key\0\1\0\0\0", "iTXt key\0\1\0en\0key\0", "iCCP key\0\0"})
    void textThatUnpacksToMuch_isRefusedBeforeItIsUnpacked(String chunk) throws IOException {
        byte[] bomb = withChunk(chunk.substring(0, 4), packed(chunk.substring(5), 300 << 20));
        assertThatThrownBy(() -> Png.read(new ByteArrayInputStream(bomb)))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read a PNG: IOException (its text unpacks to more than 16777216 bytes)");
        readOrRefused(withChunk(chunk.substring(0, 4), packed(chunk.substring(5), 1 << 20)));
    }
}
