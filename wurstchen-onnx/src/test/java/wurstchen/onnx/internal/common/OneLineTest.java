package wurstchen.onnx.internal.common;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Strings;
import org.junit.jupiter.api.Test;

class OneLineTest {
    @Test
    void blanksAndControlCharacters_becomeOneBlank() {
        assertThat(OneLine.of(" a\n\tb\u001b[31m  c ")).isEqualTo("a b [31m c");
        assertThat(OneLine.of(null)).isEqualTo("null");
        assertThat(OneLine.of("a\u2028b\u009b2J\u202ec")).isEqualTo("a\\u2028b\\u009b2J\\u202ec");
    }

    @Test
    void longText_keepsItsBeginningAndItsEnd() {
        String text = "MatMul failed: " + Strings.repeat("x", 1000) + " CUDA failure 2: out of memory";

        assertThat(OneLine.of(text))
                .isEqualTo("MatMul failed: " + Strings.repeat("x", 232) + " ... " + Strings.repeat("x", 217)
                        + " CUDA failure 2: out of memory");
    }

    @Test
    void textThatFits_isLeftAsItIs() {
        assertThat(OneLine.of(Strings.repeat("x", 500))).hasSize(500).doesNotContain("...");
    }
}
