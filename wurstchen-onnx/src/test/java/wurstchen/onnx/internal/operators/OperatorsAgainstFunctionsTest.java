package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operator, with the host in the GPU's place, against the exporter's function of the same name in float32. */
class OperatorsAgainstFunctionsTest {
    static List<OperatorCase> cases() {
        return OperatorCase.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void operator_computesWhatItsFunctionSays(OperatorCase one) throws OrtException {
        List<OperatorResult> expected = one.expected();
        List<OperatorResult> actual = run(one);

        for (int i = 0; i < expected.size(); i++) {
            actual.get(i).assertNear(expected.get(i));
        }
    }

    private static List<OperatorResult> run(OperatorCase one) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            HostOperators.open().addTo(options);
            return one.run(one.model(NodeModel.Halves.INSIDE), options);
        }
    }
}
