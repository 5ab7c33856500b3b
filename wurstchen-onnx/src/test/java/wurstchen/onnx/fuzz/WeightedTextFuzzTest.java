package wurstchen.onnx.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import wurstchen.text.WeightedText;

/** Prompts with marks of weights. */
class WeightedTextFuzzTest {
    @FuzzTest(maxDuration = HostileInput.DURATION)
    void anyText_isReadOrRefused(byte[] input) {
        String prompt = HostileInput.text(input);
        HostileInput.read(() -> check(WeightedText.parse(prompt)), IllegalArgumentException.class);
    }

    private static void check(WeightedText weighted) {
        int end = 0;
        for (WeightedText.Part part : weighted.parts()) {
            assertThat(part.end()).isGreaterThan(end);
            assertThat(part.weight()).isBetween(0f, 10f);
            end = part.end();
        }
        assertThat(end).isEqualTo(weighted.text().length());
    }
}
