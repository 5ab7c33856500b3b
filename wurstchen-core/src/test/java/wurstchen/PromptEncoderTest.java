package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.fixtures.LetterTokenizer;
import wurstchen.progress.CascadeStage;

class PromptEncoderTest {
    private final FormulaStages stages = new FormulaStages();
    private final PromptEncoder encoder = new PromptEncoder(CascadeStage.STAGE_C, LetterTokenizer.create(6), stages);

    @Test
    void longPrompt_isStoppedBeforeItIsTokenized() {
        PictureSettings settings = PictureRequest.builder("a ".repeat(1_000_000)).build().settings(FormulaStages.DEFAULTS);
        Runnable stop = () -> {
            throw new IllegalStateException("stopped");
        };

        assertThatThrownBy(() -> encoder.encode(settings, true, stop)).hasMessage("stopped");
        assertThat(stages.calls()).isEmpty();
    }
}
