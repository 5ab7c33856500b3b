package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableLongArray;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.LogLines;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.IdentityGraph;
import wurstchen.onnx.internal.binding.NativeBinding;
import wurstchen.onnx.internal.binding.Recordings;
import wurstchen.onnx.internal.binding.Recordings.Use;
import wurstchen.onnx.internal.binding.RemotePlace;
import wurstchen.onnx.internal.binding.RunPlan;
import wurstchen.onnx.internal.binding.SessionSettings;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.cascade.StepBuffers;
import wurstchen.onnx.internal.cuda.CudaCallElsewhere;
import wurstchen.onnx.internal.cuda.CudaCalls;
import wurstchen.stage.LatentShape;

/** Which runs a device records and replays, with the CPU in its place, which repeats the work. */
class RecordedRunsTest {
    private static final int RUNS = Recordings.Validity.UNTIL_OTHER_SHAPES.runsBeforeRecording();

    private static final GraphSpec COPY = new GraphSpec(
            "copy",
            "copy.onnx",
            ImmutableList.of(new TensorSpec(IdentityGraph.INPUT, TensorSpec.FLOAT32, ImmutableList.of("values"))),
            ImmutableList.of(new TensorSpec(IdentityGraph.OUTPUT, TensorSpec.FLOAT32, ImmutableList.of("values"))));

    private final Recordings recordings = new Recordings(Recordings.Validity.UNTIL_OTHER_SHAPES, () -> {});
    private OnnxEngine engine;
    private BoundSession session;
    private OrtSession ort;
    private Tensor input;
    private Tensor output;

    @BeforeEach
    void open() throws OrtException {
        engine = OnnxEngine.open(new CpuProvider(1).withMemory("remote", RemotePlace::openMemory));
        try (SessionOptions options = SessionSettings.quiet()) {
            ort = OrtEnvironment.getEnvironment().createSession(IdentityGraph.model(), options);
        }
        session = new BoundSession(
                COPY,
                engine,
                ort,
                List.of(),
                ImmutableSet.of(IdentityGraph.INPUT),
                Optional.of(Recordings.Validity.UNTIL_OTHER_SHAPES));
        input = engine.upload(new float[] {1, 2}, 2);
        output = engine.tensor(ElementType.FLOAT32, 2);
    }

    @AfterEach
    void close() {
        input.close();
        output.close();
        session.close();
        engine.release();
    }

    private NativeBinding binding(Optional<Recordings.Runs> recordable) throws OrtException {
        return (NativeBinding) engine.memory().prepare(
                ort,
                new RunPlan(
                        ImmutableMap.of(IdentityGraph.INPUT, input),
                        ImmutableMap.of(IdentityGraph.OUTPUT, output),
                        ImmutableMap.of(),
                        ImmutableSet.of(),
                        ImmutableSet.of(IdentityGraph.INPUT),
                        recordable,
                        false));
    }

    private NativeBinding repeated(Object shapes) throws OrtException {
        return binding(Optional.of(recordings.repeated(shapes)));
    }

    private static void assertRuns(NativeBinding binding, int runs, Recordings.Use use) throws OrtException {
        for (int i = 0; i < runs; i++) {
            binding.run();
            assertThat(binding.latestUse()).as("use of run %s", i).isEqualTo(use);
        }
    }

    private static void assertRecordedAfterSome(NativeBinding binding) throws OrtException {
        assertRuns(binding, RUNS, Use.SUBMIT);
        assertRuns(binding, 1, Use.RECORD);
        assertRuns(binding, 2, Use.REPLAY);
    }

    @Test
    void runsAreRecorded_untilOtherShapesCome() throws OrtException {
        try (NativeBinding one = repeated("a");
                NativeBinding other = repeated("b");
                NativeBinding never = binding(Optional.of(recordings.unrecorded()))) {
            assertRecordedAfterSome(one);
            assertRecordedAfterSome(other);
            assertRecordedAfterSome(one);
            assertRuns(never, 1, Use.SUBMIT);
            assertRuns(one, 1, Use.SUBMIT);
        }
    }

    @Test
    void everyRun_readsItsInputAsItIsThen() throws OrtException {
        try (NativeBinding runs = repeated("a")) {
            for (int i = 0; i <= RUNS + 2; i++) {
                engine.write(input, 0, new float[] {i, -i}, 0, 2);
                runs.run();
                assertThat(engine.readFloats(output)).containsExactly(i, -i);
            }
        }
    }

    @Test
    void sessionThatDoesNotRecord_submits() throws OrtException {
        try (NativeBinding runs = binding(Optional.empty())) {
            assertRuns(runs, 2 * RUNS, Use.SUBMIT);
        }
    }

    @Test
    void runIsNotRecorded_whileAnotherThreadOpensAModel() throws Exception {
        try (NativeBinding runs = repeated("a")) {
            assertRuns(runs, RUNS, Use.SUBMIT);
            CudaCallElsewhere.during(() -> assertRuns(runs, 2, Use.SUBMIT));
            assertRuns(runs, 1, Use.RECORD);
        }
        // What recorded lets others call again, on whatever thread.
        assertThat(CudaCalls.tryAlone()).isTrue();
        CudaCalls.endAlone();
    }

    @Test
    void stopBeforeARecording_stopsTheRun_andTheNextOneIsRecorded() throws OrtException {
        try (NativeBinding runs = repeated("a")) {
            assertRuns(runs, RUNS, Use.SUBMIT);

            runs.terminate();
            assertThatThrownBy(runs::run).isInstanceOf(OrtException.class).hasMessageContaining("terminate");
            assertThat(runs.latestUse()).isEqualTo(Use.SUBMIT);

            runs.clearTerminate();
            assertRuns(runs, 1, Use.RECORD);
        }
    }

    private void assertCopied(float... values) {
        assertThat(engine.readFloats(output)).containsExactly(values);
    }

    @Test
    void runAhead_queuesTheNextRun_onlyWhereItIsRecorded() throws OrtException {
        try (NativeBinding even = repeated("a");
                NativeBinding odd = repeated("a")) {
            for (int i = 0; i < RUNS; i += 2) {
                even.runAhead(odd);
                odd.runAhead(even);
            }
            even.runAhead(odd);
            assertThat(even.latestUse()).isEqualTo(Use.RECORD);
            assertThat(odd.latestUse()).isEqualTo(Use.SUBMIT);
            odd.runAhead(even);
            assertThat(odd.latestUse()).isEqualTo(Use.RECORD);
            assertThat(even.latestUse()).isEqualTo(Use.REPLAY);

            // The even run is queued: it has read its input, and its run only waits for it.
            engine.write(input, 0, new float[] {5, 6}, 0, 2);
            even.run();
            assertCopied(1, 2);
            odd.run();
            assertCopied(5, 6);
        }
    }

    @Test
    void settle_waitsForWhatWasQueued_andTheNextRunRunsAnew() throws OrtException {
        try (NativeBinding even = repeated("a");
                NativeBinding odd = repeated("a")) {
            even.settle();
            for (int i = 0; i <= RUNS; i += 2) {
                even.runAhead(odd);
                odd.runAhead(even);
            }

            even.settle();
            even.settle();
            engine.write(input, 0, new float[] {5, 6}, 0, 2);
            even.run();
            assertCopied(5, 6);
        }
    }

    @Test
    void close_waitsForWhatWasQueued() throws OrtException {
        NativeBinding even = repeated("a");
        try (NativeBinding odd = repeated("a")) {
            for (int i = 0; i <= RUNS; i += 2) {
                even.runAhead(odd);
                odd.runAhead(even);
            }

            even.close();
            odd.run();
            assertCopied(1, 2);
        }
    }

    @Test
    void rowsOfTheTables_areNoOtherShapes() {
        ImmutableList<ImmutableLongArray> text = ImmutableList.of(ImmutableLongArray.of(2, 77, 8));
        LatentShape latents = new LatentShape(1, 16, 3, 3);
        StepBuffers.StepShapes shapes = new StepBuffers.Key(latents, 4, text).ofStep();

        assertThat(new StepBuffers.Key(latents, 8, text).ofStep()).isEqualTo(shapes);
        assertThat(new StepBuffers.Key(latents, 4, ImmutableList.of(ImmutableLongArray.of(1, 77, 8))).ofStep()).isNotEqualTo(shapes);
        assertThat(new StepBuffers.Key(new LatentShape(2, 16, 3, 3), 4, text).ofStep()).isNotEqualTo(shapes);
    }

    @Test
    void recordings_areLogged() {
        try (LogLines log = LogLines.listen();
                GraphRun run = session.prepareRepeated(
                        Map.of(IdentityGraph.INPUT, input), Map.of(IdentityGraph.OUTPUT, output), "a")) {
            for (int i = 0; i < RUNS + 3; i++) {
                run.run();
            }
            assertThat(engine.notes()).isEmpty();
            assertThat(log.lines()).containsExactly("FINE copy: the device has recorded a run, " + engine.description());
        }
    }
}
