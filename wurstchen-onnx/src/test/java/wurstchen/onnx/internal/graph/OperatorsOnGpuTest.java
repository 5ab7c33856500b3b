package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.onnx.Device;
import wurstchen.onnx.Internals;
import wurstchen.onnx.internal.binding.Recordings;
import wurstchen.onnx.internal.operators.LargeOperatorCases;
import wurstchen.onnx.internal.operators.NodeModel;
import wurstchen.onnx.internal.operators.OperatorCase;
import wurstchen.onnx.internal.operators.OperatorResult;

/** Every operator's kernels against the exporter's function in float32 on the CPU, recorded and not. Needs a GPU. */
@Tag("gpu")
class OperatorsOnGpuTest {
    /** The most that any graph runs before it is recorded. */
    private static final int RUNS = Recordings.Validity.UNTIL_OTHER_SHAPES.runsBeforeRecording();

    private static OnnxEngine engine;

    @BeforeAll
    static void open() {
        engine = OnnxEngine.open(Internals.provider(Device.cuda()));
        assertThat(engine.memory().operators().orElseThrow().problem()).isEmpty();
    }

    @AfterAll
    static void close() {
        if (engine != null) {
            engine.release();
        }
    }

    static Stream<OperatorCase> cases() {
        return Stream.concat(OperatorCase.all().stream(), LargeOperatorCases.all().stream());
    }

    private static OpenNode open(OperatorCase one) {
        return new OpenNode(engine, one, one.model(NodeModel.Halves.INSIDE));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void kernel_computesWhatTheFunctionSays_andTheSameBitsWhenReplayed(OperatorCase one) throws OrtException {
        List<OperatorResult> expected = one.expected();
        try (OpenNode node = open(one)) {
            List<OperatorResult> first = node.results();
            for (int i = 0; i < expected.size(); i++) {
                first.get(i).assertNear(expected.get(i));
            }
            for (int run = 0; run < RUNS + 3; run++) {
                node.forgetResults();
                node.run();
                assertSame(node.results(), first, run);
            }
        }
        assertThat(engine.notes()).isEmpty();
    }

    private static void assertSame(List<OperatorResult> actual, List<OperatorResult> expected, int run) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).values()).as("run %s, output %s", run, i).isEqualTo(expected.get(i).values());
        }
    }

    /** Scratch memory that grows for a larger node must leave the smaller one's recording what it reads and writes. */
    @Test
    void recordings_outliveLargerNodes() throws OrtException {
        List<OperatorCase> growing = cases()
                .filter(one -> List.of("DenseGeluResponse", "ScaledDenseResidual", "MixingDepthwise").contains(one.signature().name()))
                .toList();
        List<OpenNode> open = new ArrayList<>();
        try {
            for (OperatorCase one : growing) {
                OpenNode node = open(one);
                open.add(node);
                for (int run = 0; run < RUNS + 2; run++) {
                    node.run();
                }
            }
            for (int i = 0; i < growing.size(); i++) {
                open.get(i).forgetResults();
                open.get(i).run();
                open.get(i).results().get(0).assertNear(growing.get(i).expected().get(0));
            }
        } finally {
            open.forEach(OpenNode::close);
        }
    }

    @Test
    void withoutOperators_functionsComputeTheSame() throws OrtException {
        System.setProperty("wurstchen.operators", "off");
        // Another option, so that the memory is not the one that is open.
        OnnxEngine plain = OnnxEngine.open(Internals.provider(Device.cuda().tf32(true)));
        try {
            for (OperatorCase one : OperatorCase.all()) {
                try (OpenNode node = new OpenNode(plain, one, one.model(NodeModel.Halves.INSIDE))) {
                    node.results().get(0).assertNear(one.expected().get(0), 4);
                }
            }
            assertThat(plain.notes()).contains("operators: off (-Dwurstchen.operators=off)");
        } finally {
            System.clearProperty("wurstchen.operators");
            plain.release();
        }
    }
}
