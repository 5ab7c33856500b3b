package wurstchen.onnx.internal.operators.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Bytes;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.binding.NativeApi;
import wurstchen.onnx.internal.operators.NodeModel;
import wurstchen.onnx.internal.operators.OnnxBytes;

/** Operators written in Java, called back by ONNX Runtime's CPU provider. */
class CustomOperatorTest {
    private static final String DOMAIN = "test.java";

    /** y[i] = factor * a[i] + b[i + by mod n], with the attributes factor, by (a list of one) and often, how many times that is done. */
    private record ShiftedSum() implements CustomOperator {
        @Override
        public OperatorSignature signature() {
            return signatureOf("ShiftedSum");
        }

        @Override
        public OperatorKernel create(NodeAttributes attributes) {
            float factor = attributes.number("factor");
            int by = (int) attributes.integers("by")[0];
            long often = attributes.integer("often");
            return call -> {
                int count = Math.toIntExact(call.shape(0)[0] * call.shape(0)[1]);
                float[] a = new Pointer(call.input(0)).getFloatArray(0, count);
                float[] b = new Pointer(call.input(1)).getFloatArray(0, count);
                for (long time = 0; time < often; time++) {
                    for (int i = 0; i < count; i++) {
                        a[i] = factor * a[i] + b[(i + by) % count];
                    }
                }
                new Pointer(call.output(0, call.shape(0))).write(0, a, 0, count);
            };
        }
    }

    /** Fails when it computes, in the way that its attribute chooses. */
    private record Failing() implements CustomOperator {
        @Override
        public OperatorSignature signature() {
            return signatureOf("Failing");
        }

        @Override
        public OperatorKernel create(NodeAttributes attributes) {
            long how = attributes.integer("how");
            return call -> {
                if (how == 0) {
                    throw new WurstchenException("value is → out of range");
                } else if (how == 1) {
                    throw new AssertionError("not\neven an exception");
                }
                throw new OrtException("one of ONNX Runtime's");
            };
        }
    }

    /** Returns the address of the stream. */
    private record Stream() implements CustomOperator {
        @Override
        public OperatorSignature signature() {
            return signatureOf("Stream");
        }

        @Override
        public OperatorKernel create(NodeAttributes attributes) {
            return call -> new Pointer(call.output(0, 1, 1)).setFloat(0, call.stream());
        }
    }

    private static OperatorSignature signatureOf(String name) {
        return new OperatorSignature(
                name, ImmutableList.of(ValueType.FLOAT32, ValueType.FLOAT32), ImmutableList.of(ValueType.FLOAT32));
    }

    private static OperatorDomain domain;

    @BeforeAll
    static void createDomain() throws OrtException {
        assertThat(NativeApi.problem()).isEmpty();
        domain = OperatorDomain.create(
                DOMAIN, "CPUExecutionProvider", ImmutableList.of(new ShiftedSum(), new Failing(), new Stream()));
        // What C code alone refers to must not be collected.
        System.gc();
    }

    private static NodeModel sum(float factor, int by, int often) {
        return new NodeModel(DOMAIN, new ShiftedSum().signature())
                .attribute("factor", factor)
                .attribute("by", new long[] {by})
                .attribute("often", often);
    }

    private static OrtSession open(byte[] model, boolean withDomain) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            if (withDomain) {
                domain.addTo(options);
            }
            return OrtEnvironment.getEnvironment().createSession(model, options);
        }
    }

    private static float[] run(OrtSession session, float[][] a, float[][] b) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OnnxTensor first = OnnxTensor.createTensor(environment, a);
                OnnxTensor second = OnnxTensor.createTensor(environment, b);
                OrtSession.Result result = session.run(Map.of(NodeModel.input(0), first, NodeModel.input(1), second))) {
            float[] values = new float[a.length * a[0].length];
            ((OnnxTensor) result.get(0)).getFloatBuffer().get(values);
            return values;
        }
    }

    private static final float[][] A = {{1, 2, 3}, {4, 5, 6}};
    private static final float[][] B = {{10, 20, 30}, {40, 50, 60}};

    @Test
    void operator_computesWithItsAttributes() throws OrtException {
        try (OrtSession session = open(sum(2, 1, 1).bytes(), true)) {
            assertThat(run(session, A, B)).containsExactly(22, 34, 46, 58, 70, 22);
        }
        try (OrtSession session = open(sum(-1, 5, 3).bytes(), true)) {
            assertThat(run(session, A, B)).containsExactly(59, 8, 17, 26, 35, 44);
        }
    }

    @Test
    void shapes_mayChangeFromRunToRun() throws OrtException {
        try (OrtSession session = open(sum(1, 0, 1).bytes(), true)) {
            assertThat(run(session, A, B)).containsExactly(11, 22, 33, 44, 55, 66);
            assertThat(run(session, new float[][] {{7}}, new float[][] {{8}})).containsExactly(15);
        }
    }

    @Test
    void nodesInAChain_passTheirOutputsOn() throws OrtException {
        try (OrtSession session = open(sum(1, 0, 1).chain(5).bytes(), true)) {
            assertThat(run(session, A, B)).containsExactly(51, 102, 153, 204, 255, 306);
        }
    }

    @Test
    void stream_isNoneOnTheCpu() throws OrtException {
        NodeModel model = new NodeModel(DOMAIN, new Stream().signature());
        try (OrtSession session = open(model.bytes(), true)) {
            assertThat(run(session, new float[][] {{1}}, new float[][] {{1}})).containsExactly(0);
        }
    }

    @Test
    void failureOfAKernel_isThatOfTheRun_withItsWords() throws OrtException {
        assertFails(0, "value is → out of range");
        assertFails(1, "java.lang.AssertionError: not even an exception");
        assertFails(2, "one of ONNX Runtime's");
    }

    private static void assertFails(int how, String words) throws OrtException {
        NodeModel model = new NodeModel(DOMAIN, new Failing().signature()).attribute("how", how);
        try (OrtSession session = open(model.bytes(), true)) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> run(session, A, B))
                        .isInstanceOf(OrtException.class)
                        .hasMessage("Error code - ORT_RUNTIME_EXCEPTION - message: Non-zero status code returned while running Failing node."
                                + " Name:'node0' Status Message: " + words);
            }
        }
    }

    @Test
    void missingAttribute_keepsTheSessionFromOpening() {
        NodeModel model = new NodeModel(DOMAIN, new ShiftedSum().signature()).attribute("factor", 1f).attribute("often", 1);

        assertThatThrownBy(() -> open(model.bytes(), true))
                .isInstanceOf(OrtException.class)
                .hasMessageEndingWith("attribute by: Error code - ORT_FAIL - message: No attribute with this name is defined.");
        assertThat(OperatorSlots.kernels()).isZero();
    }

    @Test
    void domainThatIsThereAlready_isRefused() throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            domain.addTo(options);
            domain.addTo(options);
            assertThatThrownBy(() -> OrtEnvironment.getEnvironment().createSession(sum(1, 0, 1).bytes(), options))
                    .isInstanceOf(OrtException.class)
                    .hasMessage("Error code - ORT_FAIL - message: Domain already set in registry");
        }
    }

    /** ShiftedSum as a function that subtracts, to tell it from the operator. */
    private static byte[] difference() {
        return Bytes.concat(
                OnnxBytes.text(1, "ShiftedSum"),
                OnnxBytes.text(4, "a"),
                OnnxBytes.text(4, "b"),
                OnnxBytes.text(5, "y"),
                OnnxBytes.text(6, "factor"),
                OnnxBytes.text(6, "by"),
                OnnxBytes.text(6, "often"),
                OnnxBytes.message(7, OnnxBytes.text(1, "a"), OnnxBytes.text(1, "b"), OnnxBytes.text(2, "y"), OnnxBytes.text(4, "Sub")),
                OnnxBytes.message(9, OnnxBytes.number(2, 20)),
                OnnxBytes.text(10, DOMAIN));
    }

    @Test
    void operator_takesThePlaceOfTheFunction_onlyInSessionsWithTheDomain() throws OrtException {
        byte[] model = sum(1, 0, 1).function(difference()).bytes();
        for (int i = 0; i < 2; i++) {
            try (OrtSession session = open(model, false)) {
                assertThat(run(session, A, B)).containsExactly(-9, -18, -27, -36, -45, -54);
            }
            try (OrtSession session = open(model, true)) {
                assertThat(run(session, A, B)).containsExactly(11, 22, 33, 44, 55, 66);
            }
        }
    }

    @Test
    void manySessionsOfSeveralThreads_computeRight_whileGarbageIsCollected() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (OrtSession shared = open(sum(1, 0, 1).chain(3).bytes(), true)) {
            List<Future<?>> work = new ArrayList<>();
            for (int i = 0; i < 48; i++) {
                int factor = i;
                work.add(threads.submit(() -> {
                    try (OrtSession own = open(sum(factor, 0, 1).bytes(), true)) {
                        for (int run = 0; run < 20; run++) {
                            assertThat(run(own, A, B))
                                    .containsExactly(factor + 10, 2 * factor + 20, 3 * factor + 30, 4 * factor + 40, 5 * factor + 50, 6 * factor + 60);
                            assertThat(run(shared, A, B)).containsExactly(31, 62, 93, 124, 155, 186);
                        }
                        System.gc();
                    }
                    return null;
                }));
            }
            for (Future<?> done : work) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(OperatorSlots.kernels()).isZero();
    }
}
