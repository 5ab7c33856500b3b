package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import wurstchen.CancelledException;
import wurstchen.Cancellation;
import wurstchen.CascadeParts;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.onnx.internal.binding.RecordingProvider;
import wurstchen.progress.CascadeStage;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.TextEncoder;
import wurstchen.text.TokenIds;

/** Steps that are recorded, and queued while the one before is waited for, with the CPU in the place of the GPU. */
class StepsAheadTest {
    private static Wurstchen submitted;
    private static Wurstchen recorded;

    @BeforeAll
    static void open() {
        submitted = OnnxWurstchen.builder().model(Golden.BUNDLE).device(Device.cpu(2)).open();
        recorded = OnnxWurstchen.builder().model(Golden.BUNDLE).device(Internals.device(RecordingProvider.create())).open();
    }

    @AfterAll
    static void close() {
        submitted.close();
        recorded.close();
    }

    /** More than 64 steps, the length of a table, and enough for steps to be recorded. */
    private static PictureRequest.Builder request() {
        return Golden.named("guided").request().stageCSteps(70).stageBSteps(30);
    }

    private static Picture made(Wurstchen by, PictureRequest.Builder request) {
        return by.generate(request.build()).first().picture();
    }

    private static void assertSame(PictureRequest.Builder request) {
        assertThat(made(recorded, request)).isEqualTo(made(submitted, request));
    }

    @Test
    void pictures_areThoseOfStepsOneByOne_firstAndLater() {
        assertSame(request());
        assertSame(request().seed(5));
        assertSame(request().stageCSteps(3).stageBSteps(1));
    }

    /** What masks do: a part of the latents is put back after each step. */
    private static float[] latentsWithAPartPutBack(Wurstchen by) {
        CascadeParts parts = by.parts();
        try (HiddenStates text = parts.textEncoderC().encode(List.of(parts.tokenizerC().encode("a house"), parts.tokenizerC().encode("")));
                DenoisingRun run = parts.stageC().start(
                        text,
                        by.geometry().stageC(1, 256, 256),
                        StepTable.of(parts.scheduleC(), Timesteps.uniform(12)),
                        new Guidance(4),
                        NoiseSource.seeded(1))) {
            while (run.stepsDone() < run.steps()) {
                run.advance();
                if (run.stepsDone() % 4 == 3) {
                    float[] values = run.latents().toHost();
                    Arrays.fill(values, 0, values.length / 2, 0.1f * run.stepsDone());
                    run.replaceLatents(values);
                }
            }
            return run.latents().toHost();
        }
    }

    @Test
    void latentsThatAreReplaced_areWhatTheNextStepReads() {
        made(recorded, request());

        assertThat(latentsWithAPartPutBack(recorded)).isEqualTo(latentsWithAPartPutBack(submitted));
    }

    private static float[] states(Wurstchen by, String... prompts) {
        TextEncoder encoder = by.parts().textEncoderC();
        List<TokenIds> rows = Arrays.stream(prompts).map(by.parts().tokenizerC()::encode).toList();
        try (HiddenStates states = encoder.encode(rows)) {
            return states.toHost();
        }
    }

    @Test
    void textsThatAreRecorded_areEncodedAsOneByOne() {
        for (int i = 0; i < 8; i++) {
            String prompt = "a house with " + i + " windows";
            assertThat(states(recorded, prompt, "")).isEqualTo(states(submitted, prompt, ""));
            assertThat(states(recorded, prompt)).isEqualTo(states(submitted, prompt));
            assertThat(states(recorded, prompt, "a", "b", prompt)).isEqualTo(states(submitted, prompt, "a", "b", prompt));
        }
    }

    @Test
    void textsOfSeveralThreads_doNotDisturbEachOther() {
        Map<String, float[]> expected = new HashMap<>();
        for (int i = 0; i < 6; i++) {
            expected.put("prompt " + i, states(submitted, "prompt " + i, ""));
        }
        List<CompletableFuture<Void>> threads = expected.keySet().stream()
                .map(prompt -> CompletableFuture.runAsync(() -> {
                    for (int run = 0; run < 8; run++) {
                        assertThat(states(recorded, prompt, "")).isEqualTo(expected.get(prompt));
                    }
                }))
                .toList();
        threads.forEach(CompletableFuture::join);
    }

    @Test
    void requestThatIsCancelledWhileAStepIsQueued_leavesNothingBehind() {
        made(recorded, request());
        for (CascadeStage stage : new CascadeStage[] {CascadeStage.STAGE_C, CascadeStage.STAGE_B}) {
            Cancellation cancellation = new Cancellation();
            PictureRequest.Builder cancelled = request().cancellation(cancellation).listener(step -> {
                if (step.stage() == stage && step.step() == 7) {
                    cancellation.cancel();
                }
            });

            assertThatThrownBy(() -> recorded.generate(cancelled.build())).isInstanceOf(CancelledException.class);
            assertSame(request());
        }
    }
}
