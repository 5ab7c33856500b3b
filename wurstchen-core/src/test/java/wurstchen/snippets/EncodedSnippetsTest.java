package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;
import wurstchen.progress.CascadeStage;
import wurstchen.stage.EncodedPrompt;

/** Hidden states in and out. */
class EncodedSnippetsTest {
    @Test
    void encoded() {
        FormulaStages stages = new FormulaStages();
        try (Wurstchen wurstchen = stages.pipeline().build()) {
            // @start region="encoded"
            PictureRequest text = PictureRequest.builder("a red apple").negativePrompt("blurry").seed(1).build();
            PictureRequest toEncode = text.toBuilder().stopAfter(CascadeStage.TEXT).build();
            EncodedPrompt apple = wurstchen.generate(toEncode).encodedPrompts().get(0);

            PictureRequest request = PictureRequest.builder(apple).seed(1).build();
            GeneratedPicture picture = wurstchen.generate(request).first(); // the text encoders are not run
            // @end
            assertThat(stages.calls()).filteredOn(call -> call.startsWith("encode")).hasSize(2);
            assertThat(picture.picture()).isEqualTo(wurstchen.generate(text).first().picture());
        }
    }

    @Test
    void mix() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            // @start region="mix"
            EncodedPrompt apple = wurstchen.encode("a red apple");
            EncodedPrompt pear = wurstchen.encode("a green pear");
            EncodedPrompt mostlyApple = EncodedPrompt.mix(List.of(apple, pear), 0.7f, 0.3f);
            GeneratedPicture picture = wurstchen.generate(PictureRequest.builder(mostlyApple).build()).first();
            // @end
            assertThat(picture.settings().toText()).containsEntry("encoded-prompt-sha256", mostlyApple.sha256());
        }
    }
}
