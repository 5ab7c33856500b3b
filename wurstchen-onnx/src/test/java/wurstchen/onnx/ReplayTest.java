package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a step looks like once ONNX Runtime has rewritten it. */
class ReplayTest {
    /** Operators whose CUDA kernels read lists from the host's memory, also in a recording. */
    static final ImmutableSet<String> LISTING = ImmutableSet.of("Concat", "Split", "ScatterND");

    // Of onnx.proto: ModelProto.graph, GraphProto.node and NodeProto.op_type.
    private static final int GRAPH = 7;
    private static final int NODE = 1;
    private static final int OPERATOR = 4;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({"stage_c_step, true", "stage_b_step, true", "stage_c_step, false", "stage_b_step, false"})
    void step_holdsListingOperators_unlessItsRunsAreToBeReplayed(String graph, boolean replayed) throws OrtException, IOException {
        Path rewritten = temporary.resolve("rewritten.onnx");
        try (ModelBundle bundle = ModelBundle.open(Golden.BUNDLE);
                SessionOptions options = SessionSettings.of(bundle.folder())) {
            if (replayed) {
                SessionSettings.letRunsBeReplayed(options);
            }
            options.setOptimizedModelFilePath(rewritten.toString());
            GraphSpec spec = bundle.manifest().graphs().get(graph);
            OrtEnvironment.getEnvironment()
                    .createSession(bundle.read(spec.file()).orElseThrow(), options)
                    .close();
        }
        Set<String> operators = operators(rewritten);
        assertThat(operators).contains("MatMul", "Softmax");
        operators.retainAll(LISTING);
        if (replayed) {
            assertThat(operators).isEmpty();
        } else {
            assertThat(operators).containsExactly("Split");
        }
    }

    private static Set<String> operators(Path model) throws IOException {
        Set<String> found = new TreeSet<>();
        ProtobufReader read = new ProtobufReader(Files.readAllBytes(model));
        while (read.next()) {
            if (read.field() == GRAPH) {
                addOperators(read.message(), found);
            } else {
                read.skip();
            }
        }
        return found;
    }

    private static void addOperators(ProtobufReader graph, Set<String> found) {
        while (graph.next()) {
            if (graph.field() != NODE) {
                graph.skip();
                continue;
            }
            ProtobufReader node = graph.message();
            while (node.next()) {
                if (node.field() == OPERATOR) {
                    found.add(node.text());
                } else {
                    node.skip();
                }
            }
        }
    }
}
