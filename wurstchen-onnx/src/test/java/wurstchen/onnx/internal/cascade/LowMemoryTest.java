package wurstchen.onnx.internal.cascade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.Wurstchen;
import wurstchen.onnx.Golden;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.Transfers;

/** Each part of the model opened when it is its turn. */
class LowMemoryTest {
    static List<Golden.Case> cases() {
        return Golden.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void picture_isTheReferences(Golden.Case golden) {
        try (Wurstchen wurstchen =
                OnnxWurstchen.builder().model(Golden.BUNDLE).lowMemory(true).open()) {
            PictureResult result = wurstchen.generate(golden.request().build());

            Golden.assertPicture(result.first().picture(), golden.picture());
            assertThat(result.transfers().duringSteps()).isEqualTo(Transfers.NONE);
        }
    }

    @Test
    void oneStageAtATime_isOpen() {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.BUNDLE)) {
            OnnxEngine engine = OnnxEngine.open(new CpuProvider(2));
            OpenOnDemand<OnnxStageA> stages = new OpenOnDemand<>("Stage A", () -> OnnxStageA.open(bundle, engine));
            OnDemandStages.A stageA = new OnDemandStages.A(stages);
            assertThat(engine.openGraphs()).isEmpty();

            try (Latents latents = stages.use(stage -> {
                assertThat(engine.openGraphs()).containsExactlyInAnyOrder("stage_a_decode", "stage_a_encode");
                return stage.encode(new Pixels(1, 64, 64, new float[3 * 64 * 64]));
            })) {
                assertThat(engine.openGraphs()).isEmpty();
                assertThat(stageA.decode(latents).width()).isEqualTo(64);
                assertThat(engine.openGraphs()).isEmpty();
            }
            engine.release();
        }
    }

    @Test
    void failedRun_leavesThePipelineUsable() {
        Golden.Case golden = Golden.named("negative");
        try (Wurstchen wurstchen =
                OnnxWurstchen.builder().model(Golden.BUNDLE).lowMemory(true).open()) {
            PictureRequest stopped = golden.request()
                    .listener(step -> {
                        throw new IllegalStateException("stop at " + step.stage() + " " + step.step());
                    })
                    .build();

            assertThatThrownBy(() -> wurstchen.generate(stopped))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("stop at Stage C 1")
                    .hasNoSuppressedExceptions();
            Golden.assertPicture(wurstchen.generate(golden.request().build()).first().picture(), golden.picture());
        }
    }

    @Test
    void pipelineClosedDuringARun_stopsTheRun() {
        Wurstchen closing = OnnxWurstchen.builder().model(Golden.BUNDLE).lowMemory(true).open();
        PictureRequest request =
                Golden.named("negative").request().listener(step -> closing.close()).build();

        assertThatThrownBy(() -> closing.generate(request))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessageMatching("this Wurstchen was closed in Stage C after 1 of \\d+ steps: open a new one");
    }

    @Test
    void closedStages_areNotOpenedAgain() {
        OpenOnDemand<AutoCloseable> closed = new OpenOnDemand<>("Stage C", () -> () -> {});
        closed.close();
        closed.close();

        assertThatThrownBy(closed::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Stage C is closed: open the model again");
    }
}
