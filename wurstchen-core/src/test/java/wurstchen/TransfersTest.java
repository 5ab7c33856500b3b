package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
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
        public ImmutableList<String> notes() {
            return ImmutableList.of("slow");
        }

        @Override
        public Transfers transfers() {
            asked++;
            return new Transfers(asked, 10 * asked);
        }
    }

    private static final PictureDefaults DEFAULTS = new PictureDefaults(256, 128, 3, 4.0f, 2, 0.0f);

    @Test
    void everyPhase_isCounted() {
        PictureResult result = new FormulaStages().pipeline(DEFAULTS).engine(new CountingEngine()).build().generate("a");

        Transfers one = new Transfers(1, 10);
        assertThat(result.transfers().table().values()).hasSize(8).containsOnly(one);
        assertThat(result.transfers().table().rowMap().keySet()).containsExactlyInAnyOrder(CascadeStage.values());
        assertThat(result.transfers().of(CascadeStage.STAGE_B, StagePhase.STEPS)).isEqualTo(one);
        assertThat(result.transfers().of(CascadeStage.STAGE_A, StagePhase.STEPS)).isEqualTo(Transfers.NONE);
        assertThat(result.transfers().duringSteps()).isEqualTo(new Transfers(2, 20));
        assertThat(result.transfers().total()).isEqualTo(new Transfers(8, 80));
        assertThat(result.engine()).isEqualTo("formulas");
        assertThat(result.notes()).containsExactly("slow");
    }

    @Test
    void batches_areAddedUp() {
        PictureResult result = new FormulaStages()
                .pipeline(DEFAULTS)
                .engine(new CountingEngine())
                .build()
                .generate(PictureRequest.builder("a").pictures(3).build());

        assertThat(result.transfers().total()).isEqualTo(new Transfers(24, 240));
    }

    @Test
    void stagesWithoutAnEngine_copyNothing() {
        PictureResult result = new FormulaStages().pipeline(DEFAULTS).build().generate("a");

        assertThat(result.transfers()).isEqualTo(StageTransfers.NONE);
        assertThat(result.engine()).isEqualTo("plain Java");
        assertThat(result.notes()).isEmpty();
    }

    @Test
    void pixelThatIsNotFinite_isNoPicture() {
        FormulaStages stages = new FormulaStages();
        stages.spoilPixels = true;
        Wurstchen wurstchen = stages.pipeline(DEFAULTS).build();

        assertThatThrownBy(() -> wurstchen.generate("a"))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("Stage A: a pixel is NaN; use a bundle that computes in fp32");
    }
}
