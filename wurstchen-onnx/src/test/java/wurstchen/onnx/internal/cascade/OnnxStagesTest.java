package wurstchen.onnx.internal.cascade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Internals;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.GraphOutputs;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.text.ClipTokenizer;
import wurstchen.text.TokenIds;

/** Each stage alone, as a program uses it that runs the cascade itself. */
class OnnxStagesTest {
    private static final LatentShape C_SHAPE = new LatentShape(1, 16, 3, 3);
    private static final LatentShape B_SHAPE = new LatentShape(1, 4, 32, 32);
    private static final Guidance GUIDED = new Guidance(4);
    private static final Guidance UNGUIDED = new Guidance(0);

    private static final ExecutionProvider CPU = Internals.provider(Device.cpu());

    private static VerifiedBundle bundle;
    private static ClipTokenizer tokenizer;
    private static OnnxTextEncoder encoderC;
    private static OnnxTextEncoder encoderB;
    private static OnnxStageC stageC;
    private static OnnxStageB stageB;
    private static OnnxStageA stageA;

    @BeforeAll
    static void open() {
        bundle = VerifiedBundle.open(Golden.BUNDLE);
        tokenizer = bundle.tokenizerC();
        encoderC = OnnxTextEncoder.openForStageC(bundle, CPU);
        encoderB = OnnxTextEncoder.openForStageB(bundle, CPU);
        stageC = OnnxStageC.open(bundle, CPU);
        stageB = OnnxStageB.open(bundle, CPU);
        stageA = OnnxStageA.open(bundle, CPU);
    }

    @AfterAll
    static void close() {
        Closing.all(List.of(bundle, encoderC, encoderB, stageC, stageB, stageA));
    }

    private static StepTable table(int steps) {
        return StepTable.of(bundle.manifest().schedules().stageC(), Timesteps.uniform(steps));
    }

    private static HiddenStates text(OnnxTextEncoder encoder, String... prompts) {
        List<TokenIds> rows = new ArrayList<>();
        for (String prompt : prompts) {
            rows.add(tokenizer.encode(prompt));
        }
        return encoder.encode(rows);
    }

    private static DenoisingRun startC(int steps) {
        try (HiddenStates text = text(encoderC, "a cat", "a dog")) {
            return stageC.start(text, C_SHAPE, table(steps), GUIDED, NoiseSource.seeded(7));
        }
    }

    @Test
    void equalRows_areEncodedOnceAndExpandedInOrder() {
        try (HiddenStates expanded = text(encoderC, "a cat", " A  cat ", "a dog", "a cat");
                HiddenStates distinct = text(encoderC, "a cat", "a dog")) {
            assertThat(expanded.rows()).isEqualTo(4);
            assertThat(expanded.tokens()).isEqualTo(77);
            assertThat(expanded.width()).isEqualTo(24);
            for (int row = 0; row < 4; row++) {
                assertThat(row(expanded, row)).isEqualTo(row(distinct, row == 2 ? 1 : 0));
            }
        }
    }

    private static float[] row(HiddenStates states, int row) {
        int length = states.tokens() * states.width();
        return Arrays.copyOfRange(states.toHost(), row * length, (row + 1) * length);
    }

    @Test
    void noRows_areRefused() {
        assertThatThrownBy(() -> encoderC.encode(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a text encoder needs at least one row of tokens, got none");
    }

    @Test
    void closedHiddenStates_areRefused() {
        HiddenStates text = text(encoderC, "a cat");
        text.close();
        text.close();

        assertThatThrownBy(text::toHost).isInstanceOf(IllegalStateException.class).hasMessage("these hidden states are closed");
        assertThatThrownBy(() -> stageC.start(text, C_SHAPE, table(1), UNGUIDED, NoiseSource.seeded(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("these hidden states are closed");
    }

    @Test
    void tooFewRows_areRefused() {
        try (HiddenStates text = text(encoderC, "a cat")) {
            assertThatThrownBy(() -> stageC.start(text, C_SHAPE, table(1), GUIDED, NoiseSource.seeded(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Stage C needs hidden states of 2 rows for 1 pictures with guidance scale 4.0, got 1");
        }
    }

    @Test
    void hiddenStatesOfTheOtherEncoder_areRefused() {
        try (HiddenStates text = text(encoderB, "a cat")) {
            assertThatThrownBy(() -> stageC.start(text, C_SHAPE, table(1), UNGUIDED, NoiseSource.seeded(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Stage C needs hidden states of 77 tokens and width 24, got 77 and 16; "
                            + "each stage has its own text encoder");
        }
    }

    @Test
    void latentsOfOtherChannels_areRefused() {
        try (HiddenStates text = text(encoderC, "a cat")) {
            assertThatThrownBy(() -> stageC.start(text, B_SHAPE, table(1), UNGUIDED, NoiseSource.seeded(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Stage C needs latents of 16 channels, got shape [1, 4, 32, 32]");
        }
    }

    @Test
    void run_drawsInitialNoiseThenOnceAStep() {
        AtomicInteger draws = new AtomicInteger();
        NoiseSource counting = destination -> Arrays.fill(destination, draws.incrementAndGet());
        int steps = OnnxDenoisingRun.MAX_CHUNK_STEPS + 3;
        try (HiddenStates text = text(encoderC, "a cat");
                DenoisingRun run = stageC.start(text, C_SHAPE, table(steps), UNGUIDED, counting)) {
            assertThat(run.latents().toHost()).containsOnly(1);
            assertThat(draws).hasValue(1 + OnnxDenoisingRun.MAX_CHUNK_STEPS);
            while (run.stepsDone() < run.steps()) {
                run.advance();
            }
            assertThat(draws).hasValue(1 + steps);
        }
    }

    @Test
    void runOfSeveralTables_givesTheLatentsOfOneTable() {
        int steps = 2 * OnnxDenoisingRun.MAX_CHUNK_STEPS + 3;
        float[] chunked;
        try (DenoisingRun run = startC(steps)) {
            while (run.stepsDone() < steps) {
                run.advance();
            }
            chunked = run.latents().toHost();
        }

        assertThat(chunked).isEqualTo(withOneTable(steps));
    }

    /** What {@link #startC} does, with a table of all steps. */
    private static float[] withOneTable(int steps) {
        NoiseSource noise = NoiseSource.seeded(7);
        float[] latents = new float[C_SHAPE.values()];
        noise.fill(latents);
        float[] table = new float[steps * latents.length];
        float[] draw = new float[latents.length];
        for (int i = 0; i < steps; i++) {
            noise.fill(draw);
            System.arraycopy(draw, 0, table, i * draw.length, draw.length);
        }
        ImmutableMap<String, BoundSession> sessions = CascadeSessions.open(
                bundle, CPU, List.of(GraphSpec.STAGE_C_CONDITION, GraphSpec.STAGE_C_STEP));
        BoundSession step = sessions.get(GraphSpec.STAGE_C_STEP);
        OnnxEngine engine = step.engine();
        try (HiddenStates text = text(encoderC, "a cat", "a dog");
                TensorLoan states = TensorLoan.of(engine, text);
                Tensor stepTable = engine.upload(table(steps).toArray(), steps, 5);
                Tensor noiseTable = engine.upload(table, steps, 1, 16, 3, 3);
                Tensor scale = engine.upload(new float[] {4}, 1);
                Tensor counter = engine.upload(new long[] {0}, 1);
                Tensor nextCounter = engine.upload(new long[] {0}, 1);
                Tensor badStep = engine.upload(new long[] {-1}, 1);
                Tensor nextBadStep = engine.upload(new long[] {-1}, 1);
                Tensor current = engine.upload(latents, C_SHAPE.toArray());
                GraphOutputs conditioning = sessions.get(GraphSpec.STAGE_C_CONDITION)
                        .run(ImmutableMap.of("hidden_states", states.tensor(), "latents", current), ImmutableMap.of());
                Tensor next = engine.tensor(ElementType.FLOAT32, C_SHAPE.toArray())) {
            for (int i = 0; i < steps; i++) {
                step.run(
                                ImmutableMap.<String, Tensor>builder()
                                        .put("latents", current)
                                        .put("step", counter)
                                        .put("bad_step", badStep)
                                        .put("step_table", stepTable)
                                        .put("noise_table", noiseTable)
                                        .put("guidance_scale", scale)
                                        .putAll(conditioning.tensors())
                                        .buildOrThrow(),
                                ImmutableMap.of(
                                        "next_latents", next, "next_step", nextCounter, "next_bad_step", nextBadStep))
                        .close();
                engine.copy(nextCounter, 0, counter, 0, 1);
                engine.copy(next, 0, current, 0, latents.length);
            }
            return engine.readFloats(current);
        } finally {
            Closing.all(sessions.values().asList());
        }
    }

    @Test
    void latentsFromTheHost_giveTheSamePixelsAsLatentsOfARun() {
        try (HiddenStates text = text(encoderB, "a cat");
                DenoisingRun runC = startC(2);
                DenoisingRun direct =
                        stageB.start(text, runC.latents(), B_SHAPE, table(2), UNGUIDED, NoiseSource.seeded(1));
                DenoisingRun throughHost = stageB.start(
                        text,
                        Latents.onHost(C_SHAPE, runC.latents().toHost()),
                        B_SHAPE,
                        table(2),
                        UNGUIDED,
                        NoiseSource.seeded(1))) {
            direct.advance();
            throughHost.advance();

            Pixels pixels = stageA.decode(direct.latents());

            assertThat(pixels.height()).isEqualTo(128);
            assertThat(stageA.decode(Latents.onHost(B_SHAPE, throughHost.latents().toHost())).values())
                    .isEqualTo(pixels.values());
        }
    }

    @Test
    void latentsOfOtherImages_areRefused() {
        try (HiddenStates text = text(encoderB, "a cat")) {
            Latents two = Latents.onHost(new LatentShape(2, 16, 3, 3), new float[2 * C_SHAPE.values()]);

            assertThatThrownBy(() -> stageB.start(text, two, B_SHAPE, table(1), UNGUIDED, NoiseSource.seeded(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Stage B needs Stage C latents of 1 pictures, got shape [2, 16, 3, 3]");
        }
    }

    @Test
    void handle_isGoneWhenItsRunGoesOn() {
        try (DenoisingRun run = startC(2)) {
            Latents before = run.latents();
            before.close();
            assertThat(before.toHost()).hasSize(C_SHAPE.values());
            run.advance();

            assertThatThrownBy(before::toHost)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("these latents are gone: their run went on or was closed; call toHost() before, or latents() again");
        }
    }

    @Test
    void finishedRun_refusesToGoOn() {
        try (DenoisingRun run = startC(1)) {
            run.advance();

            assertThatThrownBy(run::advance)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("all 1 steps of this run of Stage C are done");
        }
    }

    @Test
    void closedRun_refusesToBeUsed() {
        DenoisingRun run = startC(1);
        run.close();
        run.close();

        assertThatThrownBy(run::advance).isInstanceOf(IllegalStateException.class).hasMessage("this run of Stage C is closed");
        assertThatThrownBy(run::latents).isInstanceOf(IllegalStateException.class).hasMessage("this run of Stage C is closed");
    }

    @Test
    void failingStep_namesStageStepAndGraph() {
        // Stage B's maps come out for the condition's size; sides that its levels cannot halve fail inside the graph.
        try (HiddenStates text = text(encoderB, "a cat")) {
            LatentShape odd = new LatentShape(1, 4, 33, 33);
            Latents stageCLatents = Latents.onHost(C_SHAPE, new float[C_SHAPE.values()]);

            assertThatThrownBy(() -> {
                        try (DenoisingRun run =
                                stageB.start(text, stageCLatents, odd, table(3), UNGUIDED, NoiseSource.seeded(1))) {
                            run.advance();
                        }
                    })
                    .isInstanceOf(WurstchenException.class)
                    .hasMessageStartingWith("Stage B, step 1 of 3: stage_b_step: ONNX Runtime failed: ")
                    .hasNoSuppressedExceptions();
        }
    }

    /** Noise that is NaN or infinite at one draw: the first is the initial latents, the second belongs to step 1. */
    private static NoiseSource spoiltAtDraw(int spoilt, float value) {
        AtomicInteger draws = new AtomicInteger();
        return destination -> Arrays.fill(destination, draws.incrementAndGet() == spoilt ? value : 0.5f);
    }

    private static void assertNotFinite(int steps, NoiseSource noise, int lastStep, String message) {
        try (HiddenStates text = text(encoderC, "a cat");
                DenoisingRun run = stageC.start(text, C_SHAPE, table(steps), UNGUIDED, noise)) {
            while (run.stepsDone() < lastStep) {
                run.advance();
            }
            assertThatThrownBy(lastStep == steps ? run::latents : run::advance)
                    .isInstanceOf(WurstchenException.class)
                    .hasMessage(message);
            assertThatThrownBy(run::latents)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("this run of Stage C failed after %s of %s steps: start a new one", lastStep, steps);
        }
    }

    @Test
    void latentsThatAreNotFinite_nameTheFirstSuchStepAtTheEnd() {
        String remedy = ": the latents are no longer finite; use a lower guidance scale, or a bundle that computes in fp32";
        assertNotFinite(4, spoiltAtDraw(3, Float.NaN), 4, "Stage C, step 2 of 4" + remedy);
        assertNotFinite(4, spoiltAtDraw(1, Float.POSITIVE_INFINITY), 4, "Stage C, step 1 of 4" + remedy);
        assertNotFinite(4, spoiltAtDraw(5, Float.NEGATIVE_INFINITY), 4, "Stage C, step 4 of 4" + remedy);
    }

    @Test
    void latentsThatAreNotFinite_areNoticedBeforeTheNextTable() {
        int table = OnnxDenoisingRun.MAX_CHUNK_STEPS;
        assertNotFinite(
                2 * table + 3,
                spoiltAtDraw(table + 4, Float.NaN),
                2 * table,
                "Stage C, step 67 of 131: the latents are no longer finite; "
                        + "use a lower guidance scale, or a bundle that computes in fp32");
    }

    @Test
    void failedRun_canOnlyBeClosed() {
        AtomicInteger draws = new AtomicInteger();
        NoiseSource failing = destination -> {
            if (draws.incrementAndGet() > 1 + OnnxDenoisingRun.MAX_CHUNK_STEPS) {
                throw new UnsupportedOperationException("no more noise");
            }
        };
        int steps = OnnxDenoisingRun.MAX_CHUNK_STEPS + 1;
        try (HiddenStates text = text(encoderC, "a cat");
                DenoisingRun run = stageC.start(text, C_SHAPE, table(steps), UNGUIDED, failing)) {
            while (run.stepsDone() < OnnxDenoisingRun.MAX_CHUNK_STEPS) {
                run.advance();
            }
            assertThatThrownBy(run::advance).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(run::advance)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("this run of Stage C failed after 64 of 65 steps: start a new one");
        }
    }

    @Test
    void runThatCannotStart_throwsWhatStoppedIt() {
        NoiseSource failing = destination -> {
            throw new UnsupportedOperationException("no noise");
        };
        try (HiddenStates text = text(encoderC, "a cat")) {
            assertThatThrownBy(() -> stageC.start(text, C_SHAPE, table(2), UNGUIDED, failing))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("no noise")
                    .hasNoSuppressedExceptions();
        }
    }

    @Test
    void stageClosedDuringARun_stopsTheRun() {
        OnnxStageC closing = OnnxStageC.open(bundle, CPU);
        try (HiddenStates text = text(encoderC, "a cat");
                DenoisingRun run = closing.start(text, C_SHAPE, table(2), UNGUIDED, NoiseSource.seeded(1))) {
            run.advance();
            closing.close();
            closing.close();

            assertThat(run.latents().toHost()).hasSize(C_SHAPE.values());
            assertThatThrownBy(run::advance)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("stage_c_step is closed: open the model again");
        }
    }

    @Test
    void stageClosedByAnotherThread_waitsForTheStepInFlight() throws InterruptedException {
        for (int i = 0; i < 10; i++) {
            OnnxStageC closing = OnnxStageC.open(bundle, CPU);
            List<Throwable> unexpected = Collections.synchronizedList(new ArrayList<>());
            Thread steps = new Thread(() -> {
                try (HiddenStates text = text(encoderC, "a cat");
                        DenoisingRun run = closing.start(text, C_SHAPE, table(1000), UNGUIDED, NoiseSource.seeded(1))) {
                    while (run.stepsDone() < run.steps()) {
                        run.advance();
                    }
                } catch (IllegalStateException e) {
                    // What a closed stage says.
                } catch (RuntimeException e) {
                    unexpected.add(e);
                }
            });
            steps.start();
            Thread.sleep(3L * i);
            closing.close();
            steps.join();

            assertThat(unexpected).isEmpty();
        }
    }

    @Test
    void encodedPictures_areTheReferences() {
        for (JsonNode encoding : Golden.encodings()) {
            Pixels pixels = Golden.picture(encoding.get("picture").textValue()).toPixels();

            try (Latents latents = stageA.encode(pixels)) {
                assertThat(latents.shape().height()).isEqualTo(pixels.height() / 4);
                Golden.assertLatents(latents.toHost(), encoding.get("stage_b_latents"));
            }
        }
    }

    @Test
    void encodedLatents_areGoneWhenClosed() {
        Latents latents = stageA.encode(new Pixels(1, 64, 64, new float[3 * 64 * 64]));
        latents.close();
        latents.close();

        assertThatThrownBy(latents::toHost).isInstanceOf(IllegalStateException.class).hasMessage("these latents are closed");
    }

    @Test
    void picturesOfOddSides_areRefused() {
        assertThatThrownBy(() -> stageA.encode(new Pixels(1, 64, 62, new float[3 * 64 * 62])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Stage A encodes pictures whose sides are multiples of 4, got 62x64");
    }
}
