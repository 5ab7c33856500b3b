package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtEnvironment;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Internals;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxStages;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.IdentityCopies;
import wurstchen.onnx.internal.binding.JavaMemory;
import wurstchen.onnx.internal.binding.NativeApi;
import wurstchen.onnx.internal.binding.NativeTensor;
import wurstchen.onnx.internal.binding.RemotePlace;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StagePhase;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageA;
import wurstchen.stage.Transfers;

/** What the C API is used for, on the CPU: binding, counting what is copied, and what happens without it. */
class BindingTest {
    private ModelBundle bundle;
    private OnnxEngine engine;
    private BoundSession encoder;

    @BeforeEach
    void open() {
        bundle = ModelBundle.open(Golden.BUNDLE);
        engine = OnnxEngine.open(Internals.provider(Device.cpu()));
        encoder = GraphSessions.open(Internals.files(bundle), engine, List.of(GraphSpec.STAGE_A_ENCODE)).get(GraphSpec.STAGE_A_ENCODE);
    }

    @AfterEach
    void close() {
        encoder.close();
        engine.release();
        bundle.close();
    }

    @Test
    void thisRuntime_canBeBound() {
        assertThat(NativeApi.problem()).isEmpty();
        String version = OrtEnvironment.getEnvironment().getVersion();
        assertThat(NativeApi.TESTED_VERSIONS.split(", ")).contains(version);
        assertThat(engine.description())
                .isEqualTo("ONNX Runtime " + version + ", " + Device.cpu() + ", inputs and outputs bound");
        assertThat(engine.notes()).isEmpty();
    }

    @Test
    void valuesMoveInAndOut_andAreCounted() {
        float[] values = {1, 2, 3, 4, 5, 6};
        try (Tensor tensor = engine.upload(values, 2, 3);
                Tensor other = engine.tensor(ElementType.FLOAT32, 6);
                Tensor longs = engine.upload(new long[] {Long.MIN_VALUE, 7}, 2)) {
            assertThat(engine.readFloats(tensor)).isEqualTo(values);
            assertThat(engine.readLongs(longs)).containsExactly(Long.MIN_VALUE, 7);
            assertThat(engine.transfers()).isEqualTo(new Transfers(24 + 16, 24 + 16));

            engine.copy(tensor, 1, other, 0, 5);
            engine.write(other, 5, values, 0, 1);

            assertThat(engine.readFloats(other)).containsExactly(2, 3, 4, 5, 6, 1);
            assertThat(engine.transfers()).isEqualTo(new Transfers(24 + 16 + 4, 24 + 16 + 24));
        }
    }

    @Test
    void copiesThroughAGraph_areWhatCopiesThroughMemoryAre() throws Exception {
        try (IdentityCopies copies = IdentityCopies.open(new CpuProvider(1), OptionalLong.empty());
                Tensor floats = engine.upload(new float[] {1, Float.NaN, -0f}, 3);
                Tensor copy = engine.tensor(ElementType.FLOAT32, 3)) {
            copies.copy((NativeTensor) floats, (NativeTensor) copy);

            assertThat(engine.readFloats(copy)).containsExactly(1, Float.NaN, -0f);
        }
    }

    @Test
    void outputsWithoutATensor_areMadeByTheGraph() {
        try (Tensor pixels = engine.upload(new float[3 * 64 * 128], 1, 3, 64, 128);
                Tensor latents = engine.tensor(ElementType.FLOAT32, 1, 4, 16, 32);
                GraphOutputs made = encoder.run(Map.of("pixels", pixels), Map.of());
                GraphOutputs none = encoder.run(Map.of("pixels", pixels), Map.of("stage_b_latents", latents))) {
            assertThat(none.tensors()).isEmpty();
            assertThat(made.tensors().keySet()).containsExactly("stage_b_latents");
            Tensor tensor = made.tensors().get("stage_b_latents");
            assertThat(tensor.shape()).containsExactly(1, 4, 16, 32);
            assertThat(engine.readFloats(tensor)).isEqualTo(engine.readFloats(latents));
        }
    }

    @Test
    void tensorThatDoesNotFit_isNamed() {
        assertThatThrownBy(() -> engine.tensor(ElementType.FLOAT32, 1L << 30, 1L << 28))
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("no memory on " + Device.cpu() + " for a tensor of shape [1073741824, 268435456]: ")
                .hasMessageEndingWith("; make fewer pictures at a time, or smaller ones");
    }

    @Test
    void sameTensorAsInputAndOutput_isRefused() {
        try (Tensor tensor = engine.tensor(ElementType.FLOAT32, 1, 3, 64, 64)) {
            assertThatThrownBy(() -> encoder.prepare(Map.of("pixels", tensor), Map.of("stage_b_latents", tensor)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("stage_a_encode: the same tensor is bound to the input pixels and the output stage_b_latents; "
                            + "a graph must not overwrite what it reads");
        }
    }

    @Test
    void failedRun_saysWhatOnnxRuntimeSays_andCanBeRepeated() {
        try (Tensor pixels = engine.upload(new float[3 * 64 * 64], 1, 3, 64, 64);
                Tensor wrong = engine.tensor(ElementType.FLOAT32, 1, 4, 8, 8);
                Tensor right = engine.tensor(ElementType.FLOAT32, 1, 4, 16, 16);
                GraphRun failing = encoder.prepare(Map.of("pixels", pixels), Map.of("stage_b_latents", wrong));
                GraphRun run = encoder.prepare(Map.of("pixels", pixels), Map.of("stage_b_latents", right))) {
            assertThatThrownBy(failing::run)
                    .isInstanceOf(WurstchenException.class)
                    .hasMessageStartingWith("stage_a_encode: ONNX Runtime failed: Error code - ");
            run.run();
        }
    }

    @Test
    void stoppedRun_fails_andTheNextOneDoesNot() throws Exception {
        try (Tensor pixels = engine.upload(new float[3 * 512 * 512], 1, 3, 512, 512);
                Tensor latents = engine.tensor(ElementType.FLOAT32, 1, 4, 128, 128);
                GraphRun run = encoder.prepare(Map.of("pixels", pixels), Map.of("stage_b_latents", latents))) {
            Thread stopping = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    engine.stop();
                }
            });
            stopping.start();
            try {
                assertThatThrownBy(() -> {
                            while (true) {
                                run.run();
                            }
                        })
                        .isInstanceOf(WurstchenException.class)
                        .hasMessageContaining("terminate");
            } finally {
                stopping.interrupt();
                stopping.join();
            }
            run.run();
        }
    }

    @Test
    void secondThreadInARun_isRefused() throws Exception {
        try (Tensor pixels = engine.upload(new float[3 * 512 * 512], 1, 3, 512, 512);
                Tensor latents = engine.tensor(ElementType.FLOAT32, 1, 4, 128, 128);
                GraphRun run = encoder.prepare(Map.of("pixels", pixels), Map.of("stage_b_latents", latents))) {
            Thread first = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    try {
                        run.run();
                    } catch (IllegalStateException e) {
                        // The other thread was in it.
                    }
                }
            });
            first.start();
            try {
                assertThatThrownBy(() -> {
                            while (true) {
                                run.run();
                            }
                        })
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("stage_a_encode: this run is in use by another thread; start one run for each thread");
            } finally {
                first.interrupt();
                first.join();
            }
        }
    }

    @Test
    void preparedRun_outlivesItsSession() {
        try (Tensor pixels = engine.upload(new float[3 * 64 * 64], 1, 3, 64, 64);
                Tensor latents = engine.tensor(ElementType.FLOAT32, 1, 4, 16, 16);
                GraphRun run = encoder.prepare(Map.of("pixels", pixels), Map.of("stage_b_latents", latents))) {
            encoder.close();

            assertThatThrownBy(run::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("stage_a_encode is closed: open the model again");
        }
    }

    @Test
    void picture_reportsWhatWasCopied() {
        Golden.Case golden = Golden.named("both-guided");
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).open()) {
            PictureResult first = wurstchen.generate(golden.request().build());
            PictureResult second = wurstchen.generate(golden.request().build());

            assertThat(first.engine()).isEqualTo(engine.description());
            assertThat(first.notes()).isEmpty();
            assertThat(first.transfers()).isEqualTo(second.transfers());
            assertThat(first.transfers().duringSteps()).isEqualTo(Transfers.NONE);
            int width = golden.picture().width();
            int height = golden.picture().height();
            assertThat(first.transfers().of(CascadeStage.TEXT, StagePhase.AFTER_STEPS))
                    .as("ids and masks of two rows of 77 tokens, for two encoders")
                    .isEqualTo(new Transfers(2 * 2 * 2 * 77 * 8, 0));
            int stepsC = golden.json().get("request").get("stage_c_steps").intValue();
            int cSide = height * width / 128 / 128 * 9 * 16;
            assertThat(first.transfers().of(CascadeStage.STAGE_C, StagePhase.BEFORE_STEPS))
                    .as("latents, guidance scale, both tables, counter and bad step")
                    .isEqualTo(new Transfers(4L * (cSide + 1 + stepsC * (5 + cSide)) + 16, 0));
            for (CascadeStage stage : List.of(CascadeStage.STAGE_C, CascadeStage.STAGE_B)) {
                assertThat(first.transfers().of(stage, StagePhase.AFTER_STEPS))
                        .as("the first bad step of " + stage)
                        .isEqualTo(new Transfers(0, 8));
            }
            assertThat(first.transfers().of(CascadeStage.STAGE_A, StagePhase.AFTER_STEPS))
                    .as("a level a value, and the sum of the pixels")
                    .isEqualTo(new Transfers(0, 3L * width * height + 4));
        }
    }

    @Test
    void listenerThatReadsLatents_copiesThem() {
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).open()) {
            PictureResult result = wurstchen.generate(Golden.named("unguided").request()
                    .size(128, 128)
                    .stageCSteps(3)
                    .stageBSteps(1)
                    .listener(step -> step.latents().toHost())
                    .build());

            assertThat(result.transfers().duringSteps()).isEqualTo(new Transfers(0, 2 * 4 * 16 * 9));
        }
    }

    static List<Golden.Case> cases() {
        return Golden.cases();
    }

    /** The CPU as it is where the C API cannot be reached. */
    private static CpuProvider pinned(int threads) {
        return new CpuProvider(threads).withMemory("pinned", () -> new JavaMemory("there is no C API"));
    }

    /** A GPU's code, with the CPU in its place: Java cannot reach the tensors, so that all values go through copies of graphs. */
    @ParameterizedTest
    @MethodSource("cases")
    void pictureOfADeviceOutOfReach_isTheReferences(Golden.Case golden) {
        Device device = Internals.device(new CpuProvider(2).withMemory("remote", RemotePlace::openMemory));
        try (Wurstchen bound = OnnxWurstchen.builder().model(bundle).open();
                Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).device(device).open()) {
            PictureResult result = wurstchen.generate(golden.request().build());

            Golden.assertPicture(result.first().picture(), golden.picture());
            assertThat(result.engine()).endsWith("cpu (2 threads), out of reach");
            assertThat(result.transfers()).isEqualTo(bound.generate(golden.request().build()).transfers());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void pictureWithoutBinding_isTheReferences(Golden.Case golden) {
        Device device = Internals.device(pinned(2));
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).device(device).open()) {
            PictureResult result = wurstchen.generate(golden.request().build());

            Golden.assertPicture(result.first().picture(), golden.picture());
            assertThat(result.engine()).endsWith("cpu (2 threads), outputs pinned, because there is no C API");
            assertThat(result.transfers().duringSteps()).isEqualTo(Transfers.NONE);
        }
    }

    @Test
    void handlesOfAnotherMemory_goThroughTheHost() {
        try (StageA bound = OnnxStages.stageA(bundle, Device.cpu(1));
                StageA pinned = OnnxStages.stageA(bundle, Internals.device(pinned(1)))) {
            var pixels = new Pixels(1, 64, 64, new float[3 * 64 * 64]);
            try (var latents = bound.encode(pixels);
                    var otherLatents = pinned.encode(pixels)) {
                assertThat(pinned.decode(latents).values()).isEqualTo(bound.decode(otherLatents).values());
            }
        }
    }
}
