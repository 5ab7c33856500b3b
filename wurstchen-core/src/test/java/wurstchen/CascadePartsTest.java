package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.Latents;

/** Parts of one pipeline that another one works with. */
class CascadePartsTest {
    private final FormulaStages own = new FormulaStages();
    private final FormulaStages lent = new FormulaStages();
    private final Wurstchen lender = lent.pipeline().build();

    private Wurstchen borrower() {
        CascadeParts parts = lender.parts();
        return own.pipeline()
                .textEncoders(own, parts.textEncoderB())
                .stages(parts.stageC(), own, parts.stageA())
                .build();
    }

    @Test
    void partsOfAnotherPipeline_makeThePicture_andAreNotClosed() {
        PictureRequest request = PictureRequest.builder("a b").seed(3).build();
        Wurstchen borrower = borrower();

        assertThat(borrower.generate(request).first()).isEqualTo(lender.generate(request).first());
        assertThat(own.calls()).containsExactly("encode 2", "start B [1, 4, 32, 64] from [1, 16, 3, 6]");
        borrower.close();

        assertThat(own.calls()).as("what it owns").containsSubsequence("close", "close").doesNotContainSequence("close", "close", "close");
        assertThat(lent.calls()).doesNotContain("close");
        assertThat(lender.generate(request).pictures()).hasSize(1);
    }

    @Test
    void partsClosedByWhoGotThem_stayOpen() {
        CascadeParts parts = lender.parts();
        parts.textEncoderC().close();
        parts.textEncoderB().close();
        parts.stageC().close();
        parts.stageB().close();
        parts.stageA().close();

        assertThat(lent.calls()).isEmpty();
        assertThat(lender.generate("a").pictures()).hasSize(1);
    }

    @Test
    void borrowerClosedUnderItsRequest_stopsItBetweenSteps() {
        Wurstchen borrower = borrower();
        List<String> before = lent.calls();

        assertThatThrownBy(() -> borrower.generate(PictureRequest.builder("a")
                        .listener(step -> borrower.close())
                        .build()))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessage("this Wurstchen was closed in Stage C after 1 of 3 steps: open a new one");
        assertThat(before).isEmpty();
        assertThat(lent.calls()).doesNotContain("close");
    }

    @Test
    void partsRunByHand_areThoseOfThePipeline() {
        CascadeParts parts = lender.parts();
        try (HiddenStates states = parts.textEncoderC().encode(List.of(parts.tokenizerC().encode("a")))) {
            assertThat(states.rows()).isEqualTo(1);
        }
        try (Latents latents = Latents.onHost(lender.geometry().stageB(1, 128, 128), new float[4 * 32 * 32])) {
            assertThat(parts.stageA().decode(latents).width()).isEqualTo(128);
        }
        assertThat(parts.scheduleC()).isNotNull();
        assertThat(parts.scheduleB()).isNotNull();
    }
}
