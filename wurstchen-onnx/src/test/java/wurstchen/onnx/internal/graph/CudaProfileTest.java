package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Internals;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.binding.GraphUse;
import wurstchen.onnx.internal.binding.SessionSettings;
import wurstchen.onnx.internal.bundle.VerifiedBundle;

/** What ONNX Runtime's own profile says of a step on a GPU. */
@Tag("gpu")
class CudaProfileTest {
    private static final int STAGE_C_SIDE = 6;
    private static final int STAGE_B_SIDE = 64;

    private static VerifiedBundle bundle;

    @TempDir
    Path temporary;

    @BeforeAll
    static void open() {
        bundle = VerifiedBundle.open(Golden.BUNDLE);
    }

    @AfterAll
    static void close() {
        bundle.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stage_c", "stage_b"})
    void everyNodeOfAStep_runsOnTheGpu_andNoneCopies(String stage) throws OrtException, IOException {
        GraphSpec step = bundle.manifest().graphs().get(stage + "_step");
        Set<String> providers = new TreeSet<>();
        Set<String> operators = new TreeSet<>();
        int nodes = 0;
        for (JsonNode event : profile(step, inputs(stage, step))) {
            String operator = event.path("args").path("op_name").asText();
            if (event.path("cat").asText().equals("Node") && !operator.isEmpty()) {
                nodes++;
                providers.add(event.path("args").path("provider").asText());
                operators.add(operator);
            }
        }
        assertThat(nodes).isGreaterThan(50);
        assertThat(providers).containsExactly("CUDAExecutionProvider");
        assertThat(operators).noneMatch(operator -> operator.startsWith("Memcpy"));
        assertThat(operators).doesNotContain("Concat", "Split", "ScatterND");
    }

    /** What a guided step of one picture is given. The condition graph runs on the CPU here. */
    private static Map<String, OnnxTensor> inputs(String stage, GraphSpec step) throws OrtException {
        GraphSpec condition = bundle.manifest().graphs().get(stage + "_condition");
        Map<String, OnnxTensor> inputs = new HashMap<>();
        Map<String, OnnxTensor> given = new HashMap<>();
        for (TensorSpec tensor : condition.inputs()) {
            given.put(tensor.name(), tensor(tensor));
        }
        try (SessionOptions options = SessionSettings.of(bundle.folder());
                OrtSession session = open(condition, options)) {
            session.run(given).forEach(output -> inputs.put(output.getKey(), (OnnxTensor) output.getValue()));
        }
        for (TensorSpec tensor : step.inputs()) {
            if (!inputs.containsKey(tensor.name())) {
                inputs.put(tensor.name(), tensor(tensor));
            }
        }
        return inputs;
    }

    /** A tensor of tenths, or of zeros if it holds integers. */
    private static OnnxTensor tensor(TensorSpec spec) throws OrtException {
        Map<String, Long> lengths = Map.of(
                "images", 1L,
                "rows", 2L,
                "steps", 3L,
                "c_height", (long) STAGE_C_SIDE,
                "c_width", (long) STAGE_C_SIDE,
                "b_height", (long) STAGE_B_SIDE,
                "b_width", (long) STAGE_B_SIDE);
        long[] shape = spec.axes().stream()
                .mapToLong(axis -> lengths.containsKey(axis) ? lengths.get(axis) : Long.parseLong(axis))
                .toArray();
        int values = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        if (spec.dtype().equals(TensorSpec.INT64)) {
            return OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[values]), shape);
        }
        float[] tenths = new float[values];
        Arrays.fill(tenths, 0.1f);
        return OnnxTensor.createTensor(environment, FloatBuffer.wrap(tenths), shape);
    }

    private static OrtSession open(GraphSpec graph, SessionOptions options) throws OrtException {
        return OrtEnvironment.getEnvironment().createSession(bundle.read(graph.file(), 1 << 20).orElseThrow(), options);
    }

    private JsonNode profile(GraphSpec step, Map<String, OnnxTensor> inputs) throws OrtException, IOException {
        try (SessionOptions options = SessionSettings.of(bundle.folder())) {
            Internals.provider(Device.cuda()).configure(options, GraphUse.WHOLE, OptionalLong.empty());
            SessionSettings.letRunsBeReplayed(options);
            options.enableProfiling(temporary.resolve("profile").toString());
            try (OrtSession session = open(step, options)) {
                session.run(inputs).close();
                return new ObjectMapper().readTree(Path.of(session.endProfiling()).toFile());
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }
}
