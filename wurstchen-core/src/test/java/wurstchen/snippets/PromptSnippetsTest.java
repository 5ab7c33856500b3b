package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;
import wurstchen.text.Prompt;

/** Lists of prompts, and weights. */
class PromptSnippetsTest {
    @Test
    void list() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            // @start region="list"
            List<Prompt> prompts = List.of(
                    Prompt.of("a red apple"),
                    new Prompt("a cat", "noto style", OptionalLong.of(7)));
            PictureResult result = wurstchen.generate(
                    PictureRequest.builder("").prompts(prompts).seed(1).batchSize(2).build());
            // @end
            assertThat(result.pictures()).extracting(picture -> picture.settings().seed()).containsExactly(1L, 7L);
        }
    }

    @Test
    void weights() {
        // @start region="weights"
        PictureRequest request = PictureRequest.builder("a (red:1.3) apple on a [blue] background")
                .promptWeights(true)
                .build();
        // @end
        assertThat(request.prompt()).startsWith("a (red:1.3)");
    }
}
