package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.onnx.Golden;
import wurstchen.onnx.internal.binding.Recordings;
import wurstchen.onnx.internal.binding.SessionSettings;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.operators.HostOperators;

/** Whether steps can be recorded and replayed, as the exporter wrote them and once ONNX Runtime has rewritten them. */
class ReplayTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"stage_c_step", "stage_b_step"})
    void exportedStep_canBeReplayed(String graph) {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.BUNDLE)) {
            assertThat(obstacle(model(bundle, graph))).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stage_c_step", "stage_b_step"})
    void stepOfAnInt8Bundle_joinsOnlyWeights(String graph) throws OrtException, IOException {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.INT8_BUNDLE)) {
            assertThat(obstacle(model(bundle, graph))).isEmpty();
            assertThat(obstacle(rewritten(bundle, graph, true))).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stage_c_step", "stage_b_step"})
    void rewrittenStep_canBeReplayed_ifThatWasAskedFor(String graph) throws OrtException, IOException {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.BUNDLE)) {
            assertThat(obstacle(rewritten(bundle, graph, true))).isEmpty();
            assertThat(obstacle(rewritten(bundle, graph, false)))
                    .contains("the device cannot record it, so every step is submitted anew: the graph has a Split, which cannot be replayed;"
                            + " export the bundle again with this version");
        }
    }

    private static Optional<String> obstacle(byte[] model) {
        return ListingOperators.obstacle(GraphOperators.of(model), Set.of());
    }

    private static byte[] model(VerifiedBundle bundle, String graph) {
        return bundle.read(bundle.manifest().graphs().get(graph).file(), 1 << 20).orElseThrow();
    }

    private byte[] rewritten(VerifiedBundle bundle, String graph, boolean replayed) throws OrtException, IOException {
        Path file = temporary.resolve("rewritten.onnx");
        try (SessionOptions options = SessionSettings.of(bundle.folder())) {
            if (replayed) {
                SessionSettings.letRunsBeReplayed(options);
            }
            options.setOptimizedModelFilePath(file.toString());
            OrtEnvironment.getEnvironment().createSession(model(bundle, graph), options).close();
        }
        return Files.readAllBytes(file);
    }

    @ParameterizedTest
    @ValueSource(strings = {"stage_c_step", "stage_b_step"})
    void stepIn16Bits_canBeReplayed_withKernelsBesideStepsOfOtherShapes(String graph) throws OrtException {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.FP16_BUNDLE)) {
            GraphOperators operators = GraphOperators.of(model(bundle, graph));
            Set<GraphOperators.Operator> kernels = new GraphKernels(Optional.of(HostOperators.open())).names();

            assertThat(ListingOperators.obstacle(operators, Set.of())).isEmpty();
            assertThat(ListingOperators.obstacle(operators, kernels)).isEmpty();
            assertThat(PlanningOperators.validity(operators, Set.of())).isEqualTo(Recordings.Validity.UNTIL_OTHER_SHAPES);
            assertThat(PlanningOperators.validity(operators, kernels)).isEqualTo(Recordings.Validity.ALWAYS);
        }
    }
}
