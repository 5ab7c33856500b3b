package wurstchen.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatentGeometryTest {
    /** The published model's numbers. */
    private static final LatentGeometry GEOMETRY = new LatentGeometry(42.67, 10.67, 16, 4, 16, 4);

    @ParameterizedTest
    @CsvSource({"128, 3, 32", "256, 6, 64", "512, 12, 128", "1024, 24, 256", "1536, 36, 384", "4096, 96, 1024"})
    void side_multipleOf128_isExact(int px, int stageC, int stageB) {
        assertThat(GEOMETRY.stageC(1, px, px)).isEqualTo(new LatentShape(1, 16, stageC, stageC));
        assertThat(GEOMETRY.stageB(1, px, px)).isEqualTo(new LatentShape(1, 4, stageB, stageB));
    }

    @Test
    void everyMultipleOf128_upToTheLargestSide_isValid() {
        for (int px = 128; px <= LatentGeometry.MAX_SIDE; px += 128) {
            GEOMETRY.checkSize(px, 128);
            assertThat(GEOMETRY.stageB(1, px, 128).height()).isEqualTo(px / 4);
        }
    }

    @Test
    void shapes_ofANonSquareBatch_haveRowsBeforeColumns() {
        assertThat(GEOMETRY.stageC(2, 256, 512)).isEqualTo(new LatentShape(2, 16, 6, 12));
        assertThat(GEOMETRY.stageB(2, 256, 512)).isEqualTo(new LatentShape(2, 4, 64, 128));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1000  | 'width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024'
            1     | 'width must be a multiple of 128, at most 4096, got 1; nearest: 128'
            0     | 'width must be a multiple of 128, at most 4096, got 0; nearest: 128'
            -128  | 'width must be a multiple of 128, at most 4096, got -128; nearest: 128'
            300   | 'width must be a multiple of 128, at most 4096, got 300; nearest: 256, 384'
            350   | 'width must be a multiple of 128, at most 4096, got 350; nearest: 256, 384'
            4100  | 'width must be a multiple of 128, at most 4096, got 4100; nearest: 4096'
            2147483647 | 'width must be a multiple of 128, at most 4096, got 2147483647; nearest: 4096'
            """)
    void width_notValid_namesTheNearest(int px, String message) {
        assertThatThrownBy(() -> GEOMETRY.checkSize(128, px))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    /** The published Stable Cascade's numbers: Stage B's network takes every even side. */
    private static final LatentGeometry CASCADE = new LatentGeometry(42.67, 10.67, 16, 4, 2, 4, 16);

    @ParameterizedTest
    @CsvSource({"128, 3, 32", "168, 4, 42", "256, 6, 64", "296, 7, 74", "1024, 24, 256", "1064, 25, 266", "4096, 96, 1024"})
    void sideOfStableCascade_isExact(int px, int stageC, int stageB) {
        assertThat(CASCADE.stageC(1, px, px)).isEqualTo(new LatentShape(1, 16, stageC, stageC));
        assertThat(CASCADE.stageB(1, px, px)).isEqualTo(new LatentShape(1, 4, stageB, stageB));
    }

    @Test
    void validSidesOfStableCascade_areTwoSeries() {
        List<Integer> valid = IntStream.rangeClosed(1, LatentGeometry.MAX_SIDE)
                .filter(px -> {
                    try {
                        CASCADE.checkSize(px, px);
                        return true;
                    } catch (IllegalArgumentException e) {
                        return false;
                    }
                })
                .boxed()
                .toList();
        assertThat(valid).startsWith(128, 168, 256, 296).allMatch(px -> px % 128 == 0 || px % 128 == 40).hasSize(63);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1000  | 'width must be one of 128, 168, 256, 296, 384, 424 and so on, at most 4096, got 1000; nearest: 936, 1024'
            40    | 'width must be one of 128, 168, 256, 296, 384, 424 and so on, at most 4096, got 40; nearest: 128'
            5000  | 'width must be one of 128, 168, 256, 296, 384, 424 and so on, at most 4096, got 5000; nearest: 4096'
            """)
    void widthOfStableCascade_notValid_namesTheNearest(int px, String message) {
        assertThatThrownBy(() -> CASCADE.checkSize(128, px))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void height_notValid_isNamed() {
        assertThatThrownBy(() -> GEOMETRY.stageC(1, 1000, 1024))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("height must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024");
    }

    /** 1024 * 8192.001953125 * 512 is 1,024 more than 2 to the 32: as int, side times factor would be the size. */
    @Test
    void sidesThatWrapPastInt_areNotValid() {
        LatentGeometry wrapping = new LatentGeometry(1, 8192.001953125, 16, 4, 1, 512);
        assertThatThrownBy(() -> wrapping.checkSize(1024, 1024))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("has no valid size up to 4096 px");
    }

    @Test
    void stageCSidesAboveTheLargest_areNotValid() {
        LatentGeometry huge = new LatentGeometry(1e-9, 1e-9, 16, 4, 1, 1);
        assertThatThrownBy(() -> huge.checkSize(2, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("has no valid size up to 4096 px");
    }

    @Test
    void numbers_notPositive_throw() {
        assertThatThrownBy(() -> new LatentGeometry(0, 10.67, 16, 4, 16, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("resolution multiple and latent scale must be positive, got 0.0 and 10.67");
        assertThatThrownBy(() -> new LatentGeometry(42.67, 10.67, 16, 4, 0, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("channels, Stage B multiple and Stage A factor must be positive, got 16, 4, 0, 4");
    }
}
