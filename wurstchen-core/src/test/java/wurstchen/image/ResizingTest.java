package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ResizingTest {
    /** Four columns of red, green, blue, white; 2 px high. */
    private static final Picture WIDE = columns(0xff0000, 0x00ff00, 0x0000ff, 0xffffff);

    private static Picture columns(int... colours) {
        byte[] rgb = new byte[3 * 2 * colours.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (colours[i / 3 % colours.length] >> 8 * (2 - i % 3));
        }
        return Picture.owning(colours.length, 2, rgb);
    }

    @Test
    void crop_keepsTheMiddle() {
        assertThat(WIDE.resized(2, 2, Fit.CROP, 0)).isEqualTo(columns(0x00ff00, 0x0000ff));
    }

    @Test
    void crop_ofAHighPicture_keepsTheMiddle() {
        Picture high = Picture.owning(1, 3, new byte[] {1, 1, 1, 2, 2, 2, 3, 3, 3});
        Picture cropped = high.resized(2, 2, Fit.CROP, 0);
        assertThat(cropped.rgb(0, 0)).isEqualTo(0x020202);
        assertThat(cropped.rgb(1, 1)).isEqualTo(0x020202);
    }

    @Test
    void pad_showsAllOnTheBackground() {
        Picture padded = WIDE.resized(4, 4, Fit.PAD, 0x123456);
        for (int x = 0; x < 4; x++) {
            assertThat(padded.rgb(x, 0)).isEqualTo(0x123456);
            assertThat(padded.rgb(x, 1)).isEqualTo(WIDE.rgb(x, 0));
            assertThat(padded.rgb(x, 2)).isEqualTo(WIDE.rgb(x, 0));
            assertThat(padded.rgb(x, 3)).isEqualTo(0x123456);
        }
    }

    @Test
    void pad_ofAHighPicture_leavesTheSides() {
        Picture high = Picture.owning(1, 4, new byte[] {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4});
        Picture padded = high.resized(3, 4, Fit.PAD, 0xffffff);
        for (int y = 0; y < 4; y++) {
            assertThat(padded.rgb(0, y)).isEqualTo(0xffffff);
            assertThat(padded.rgb(1, y)).isEqualTo(0x010101 * (y + 1));
            assertThat(padded.rgb(2, y)).isEqualTo(0xffffff);
        }
    }

    @Test
    void stretch_changesTheRatio() {
        Picture stretched = WIDE.resized(1, 1, Fit.STRETCH, 0);
        assertThat(stretched.rgb(0, 0)).as("weighed by a triangle: 5, 7, 7, 5 of 24").isEqualTo(0x6a8080);
    }

    @Test
    void ownSize_isTheSamePicture() {
        assertThat(WIDE.resized(4, 2, Fit.PAD, 0)).isSameAs(WIDE);
    }

    @Test
    void badSizes_areRefused() {
        assertThatThrownBy(() -> WIDE.resized(0, 2, Fit.CROP, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a picture's sides must be at least 1 px, got 0 x 2");
        assertThatThrownBy(() -> WIDE.resized(2, 2, Fit.PAD, 0x1000000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("background must be a colour 0xRRGGBB, got 0x1000000");
    }

    @Test
    void sha256_isOfSizeAndValues() {
        assertThat(WIDE.sha256()).hasSize(64).isEqualTo(columns(0xff0000, 0x00ff00, 0x0000ff, 0xffffff).sha256());
        assertThat(Picture.owning(1, 8, WIDE.toBytes()).sha256()).isNotEqualTo(WIDE.sha256());
        assertThat(columns(0xff0000, 0x00ff00, 0x0000ff, 0xfffffe).sha256()).isNotEqualTo(WIDE.sha256());
    }
}
