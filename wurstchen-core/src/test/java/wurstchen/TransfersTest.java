package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StagePhase;
import wurstchen.progress.StageTransfers;
import wurstchen.stage.Engine;
import wurstchen.stage.Transfers;

/** What a result says of transfers and of the engine, with an engine that copies one byte more each time it is asked. */
class TransfersTest {
    private static final class CountingEngine implements Engine {
        private long asked;

        @Override
        public String description() {
            return "formulas";
        }

        @Override
        public List<String> notes() {
            return List.of("slow");
        }

        @Override
        public Transfers transfers() {
            asked++;
            return new Transfers(asked, 10 * asked);
        }
    }

    @Test
    void everyPhase_isCounted() {
        PictureResult result = new FormulaStages().pipeline().engine(new CountingEngine()).build().generate("a");

        Transfers one = new Transfers(1, 10);
        assertThat(result.transfers().of(CascadeStage.TEXT, StagePhase.AFTER_STEPS)).isEqualTo(one);
        assertThat(result.transfers().of(CascadeStage.STAGE_C, StagePhase.BEFORE_STEPS)).isEqualTo(one);
        assertThat(result.transfers().of(CascadeStage.STAGE_C, StagePhase.AFTER_STEPS)).isEqualTo(one);
        assertThat(result.transfers().of(CascadeStage.STAGE_A, StagePhase.AFTER_STEPS)).isEqualTo(one);
        assertThat(result.transfers().of(CascadeStage.STAGE_B, StagePhase.STEPS)).isEqualTo(one);
        assertThat(result.transfers().of(CascadeStage.STAGE_A, StagePhase.STEPS)).isEqualTo(Transfers.NONE);
        assertThat(result.transfers().duringSteps()).isEqualTo(new Transfers(2, 20));
        assertThat(result.transfers().total()).isEqualTo(new Transfers(8, 80));
        assertThat(result.engine()).isEqualTo("formulas");
        assertThat(result.notes()).containsExactly("slow");
    }

    @Test
    void batches_areAddedUp_andTheTextCountsOnce() {
        PictureResult result = new FormulaStages()
                .pipeline()
                .engine(new CountingEngine())
                .build()
                .generate(PictureRequest.builder("a").pictures(3).build());

        assertThat(result.transfers().total()).isEqualTo(new Transfers(1 + 3 * 7, 10 * (1 + 3 * 7)));
    }

    @Test
    void stagesWithoutAnEngine_copyNothing() {
        PictureResult result = new FormulaStages().pipeline().build().generate("a");

        assertThat(result.transfers()).isEqualTo(StageTransfers.NONE);
        assertThat(result.engine()).isEqualTo("plain Java");
        assertThat(result.notes()).isEmpty();
    }

    @Test
    void pixelThatIsNotFinite_isNoPicture() {
        FormulaStages stages = new FormulaStages();
        stages.spoilPixels();
        Wurstchen wurstchen = stages.pipeline().build();

        assertThatThrownBy(() -> wurstchen.generate("a"))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("Stage A: a pixel is NaN; use a bundle that computes in fp32");
    }
}
