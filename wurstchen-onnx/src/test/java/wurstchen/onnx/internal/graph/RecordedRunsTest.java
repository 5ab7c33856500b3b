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
import wurstchen.onnx.internal.binding.RemotePlace;
import wurstchen.onnx.internal.binding.RunPlan;
import wurstchen.onnx.internal.binding.SessionSettings;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.cascade.StepBuffers;
import wurstchen.onnx.internal.cuda.CudaCallElsewhere;
import wurstchen.onnx.internal.cuda.CudaCalls;
import wurstchen.stage.LatentShape;

/** Which recordings are asked of a device, with the CPU in its place, which neither records nor replays. */
class RecordedRunsTest {
    private static final int RUNS = Recordings.Validity.UNTIL_OTHER_SHAPES.runsBeforeRecording();

    private static final GraphSpec COPY = new GraphSpec(
            "copy",
            "copy.onnx",
            ImmutableList.of(new TensorSpec(IdentityGraph.INPUT, TensorSpec.FLOAT32, ImmutableList.of("values"))),
            ImmutableList.of(new TensorSpec(IdentityGraph.OUTPUT, TensorSpec.FLOAT32, ImmutableList.of("values"))));

    private final Recordings recordings = new Recordings(Recordings.Validity.UNTIL_OTHER_SHAPES, new Recordings.Listener() {
        @Override
        public void recorded() {}

        @Override
        public void usedUp() {}
    });
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
                        recordable));
    }

    private NativeBinding repeated(Object shapes) throws OrtException {
        return binding(Optional.of(recordings.repeated(shapes)));
    }

    private static void assertRuns(NativeBinding binding, int runs, int recordingId) throws OrtException {
        for (int i = 0; i < runs; i++) {
            binding.run();
            assertThat(binding.recordingId()).as("recording of run %s", i).isEqualTo(recordingId);
        }
    }

    @Test
    void runsAreNumberedFromTheRecordingOn_untilOtherShapesCome() throws OrtException {
        try (NativeBinding one = repeated("a");
                NativeBinding other = repeated("b");
                NativeBinding never = binding(Optional.of(recordings.unrecorded()))) {
            assertRuns(one, RUNS, Recordings.UNRECORDED);
            assertRuns(one, 3, 1);
            assertRuns(other, RUNS, Recordings.UNRECORDED);
            assertRuns(other, 3, 2);
            assertRuns(one, RUNS, Recordings.UNRECORDED);
            assertRuns(one, 3, 3);
            assertRuns(never, 1, Recordings.UNRECORDED);
            assertRuns(one, 1, Recordings.UNRECORDED);
        }
    }

    @Test
    void everyRun_readsItsInputAsItIsThen() throws OrtException {
        try (NativeBinding runs = repeated("a")) {
            for (int i = 0; i <= RUNS; i++) {
                engine.write(input, 0, new float[] {i, -i}, 0, 2);
                runs.run();
                assertThat(engine.readFloats(output)).containsExactly(i, -i);
            }
        }
    }

    @Test
    void sessionThatDoesNotRecord_numbersNothing() throws OrtException {
        try (NativeBinding runs = binding(Optional.empty())) {
            assertRuns(runs, 2 * RUNS, Recordings.UNRECORDED);
        }
    }

    @Test
    void runIsNotRecorded_whileAnotherThreadOpensAModel() throws Exception {
        try (NativeBinding runs = repeated("a")) {
            assertRuns(runs, RUNS, Recordings.UNRECORDED);
            CudaCallElsewhere.during(() -> assertRuns(runs, 2, Recordings.UNRECORDED));
            assertRuns(runs, 2, 1);
        }
        // What recorded lets others call again, on whatever thread.
        assertThat(CudaCalls.tryAlone()).isTrue();
        CudaCalls.endAlone();
    }

    @Test
    void stopBeforeARecording_stopsTheRun_andTheNextOneIsRecorded() throws OrtException {
        try (NativeBinding runs = repeated("a")) {
            assertRuns(runs, RUNS, Recordings.UNRECORDED);

            runs.terminate();
            assertThatThrownBy(runs::run).isInstanceOf(OrtException.class).hasMessageContaining("terminate");
            assertThat(runs.recordingId()).isEqualTo(Recordings.UNRECORDED);

            runs.clearTerminate();
            assertRuns(runs, 2, 1);
        }
    }

    @Test
    void stopBeforeTheNumberChanges_isNotLost() throws OrtException {
        try (NativeBinding one = repeated("a");
                NativeBinding other = repeated("b")) {
            assertRuns(one, RUNS, Recordings.UNRECORDED);
            assertRuns(one, 1, 1);
            assertRuns(other, 1, Recordings.UNRECORDED);

            one.terminate();
            assertThatThrownBy(one::run).isInstanceOf(OrtException.class).hasMessageContaining("terminate");
            assertThat(one.recordingId()).isEqualTo(Recordings.UNRECORDED);

            one.clearTerminate();
            assertRuns(one, 1, Recordings.UNRECORDED);
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
    void recordings_areLogged_andThatTheyAreUsedUpIsNotedOnce() {
        String usedUp = "copy: was recorded 64 times, as every change of size or batch makes necessary;"
                + " until the model is opened again, it runs without CUDA graphs";
        try (LogLines log = LogLines.listen();
                GraphRun one = session.prepareRepeated(
                        Map.of(IdentityGraph.INPUT, input), Map.of(IdentityGraph.OUTPUT, output), "a");
                GraphRun other = session.prepareRepeated(
                        Map.of(IdentityGraph.INPUT, input), Map.of(IdentityGraph.OUTPUT, output), "b")) {
            for (int i = 0; i < Recordings.MAX_RECORDINGS; i++) {
                assertThat(engine.notes()).isEmpty();
                run(i % 2 == 0 ? one : other, RUNS + 1);
            }
            assertThat(engine.notes()).isEmpty();
            run(one, RUNS + 3);
            assertThat(engine.notes())
                    .containsExactly(usedUp);
            assertThat(log.lines()).hasSize(Recordings.MAX_RECORDINGS + 1).endsWith("WARNING " + usedUp);
            assertThat(log.lines().subList(0, Recordings.MAX_RECORDINGS))
                    .containsOnly("FINE copy: the device has recorded a run, " + engine.description());
        }
    }

    private static void run(GraphRun run, int times) {
        for (int i = 0; i < times; i++) {
            run.run();
        }
    }
}
