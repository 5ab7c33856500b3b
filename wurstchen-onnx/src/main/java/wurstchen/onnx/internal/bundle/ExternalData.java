package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import java.util.Set;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Finds the external data files of an ONNX model without ONNX Runtime, by walking the protobuf's tensors. ONNX Runtime opens those files
 * itself, so they are compared with the manifest before it sees the model.
 *
 * <p>Field numbers: onnx.proto3 of ONNX 1.19. Fields that do not lead to a tensor are skipped; malformed protobuf is rejected.
 */
public final class ExternalData {
    private static final int MODEL_GRAPH = 7;
    private static final int MODEL_TRAINING = 20;
    private static final int MODEL_FUNCTIONS = 25;
    private static final int FUNCTION_NODE = 7;
    private static final int FUNCTION_ATTRIBUTE = 11;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int GRAPH_SPARSE_INITIALIZER = 15;
    private static final int NODE_ATTRIBUTE = 5;
    private static final int ATTRIBUTE_TENSOR = 5;
    private static final int ATTRIBUTE_GRAPH = 6;
    private static final int ATTRIBUTE_TENSORS = 10;
    private static final int ATTRIBUTE_GRAPHS = 11;
    private static final int ATTRIBUTE_SPARSE_TENSOR = 22;
    private static final int ATTRIBUTE_SPARSE_TENSORS = 23;
    private static final int MAX_DEPTH = 100;

    /** The published models have 1,100 in a graph. */
    private static final int MAX_TENSORS = 100_000;

    private final ImmutableList.Builder<String> locations = ImmutableList.builder();

    private int count;

    private ExternalData() {}

    /**
     * Lists the locations of all external tensors, one for each tensor.
     *
     * @throws ModelBundleException if the bytes are not an ONNX model
     */
    static ImmutableList<String> locations(String file, byte[] model) {
        ExternalData scan = new ExternalData();
        try {
            scan.model(new ProtobufReader(model));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new ModelBundleException(file + ": is no ONNX model; export the bundle again", e);
        }
        return scan.locations.build();
    }

    /** Returns the number of external tensors. */
    static int count(String file, byte[] model) {
        return locations(file, model).size();
    }

    /** Checks that a graph's external data files are listed in the manifest. ONNX Runtime looks for them beside the graph. */
    static void check(String file, byte[] model, Set<String> listed) {
        String folder = file.substring(0, file.lastIndexOf('/') + 1);
        for (String location : locations(file, model)) {
            if (!listed.contains(folder + location)) {
                throw new ModelBundleException(file + ": keeps weights in '" + OneLine.of(location) + "', a file that "
                        + Manifest.FILE_NAME + " does not list; export the bundle again");
            }
        }
    }

    private void model(ProtobufReader in) {
        while (in.next()) {
            switch (in.field()) {
                case MODEL_GRAPH -> graph(in.message(), 0);
                case MODEL_FUNCTIONS -> function(in.message());
                case MODEL_TRAINING -> training(in.message());
                default -> in.skip();
            }
        }
    }

    /** In TrainingInfoProto, both fields that can hold weights are graphs. */
    private void training(ProtobufReader in) {
        while (in.next()) {
            if (in.field() == 1 || in.field() == 2) {
                graph(in.message(), 0);
            } else {
                in.skip();
            }
        }
    }

    private void function(ProtobufReader in) {
        while (in.next()) {
            switch (in.field()) {
                case FUNCTION_NODE -> node(in.message(), 0);
                case FUNCTION_ATTRIBUTE -> attribute(in.message(), 0);
                default -> in.skip();
            }
        }
    }

    private void graph(ProtobufReader in, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("graphs nested too deep");
        }
        while (in.next()) {
            switch (in.field()) {
                case GRAPH_NODE -> node(in.message(), depth);
                case GRAPH_INITIALIZER -> tensor(in.message());
                case GRAPH_SPARSE_INITIALIZER -> sparseTensor(in.message());
                default -> in.skip();
            }
        }
    }

    private void node(ProtobufReader in, int depth) {
        while (in.next()) {
            if (in.field() == NODE_ATTRIBUTE) {
                attribute(in.message(), depth);
            } else {
                in.skip();
            }
        }
    }

    private void attribute(ProtobufReader in, int depth) {
        while (in.next()) {
            switch (in.field()) {
                case ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS -> tensor(in.message());
                case ATTRIBUTE_SPARSE_TENSOR, ATTRIBUTE_SPARSE_TENSORS -> sparseTensor(in.message());
                case ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS -> graph(in.message(), depth + 1);
                default -> in.skip();
            }
        }
    }

    /** The first two fields, values and indices, are tensors. */
    private void sparseTensor(ProtobufReader in) {
        while (in.next()) {
            if (in.field() == 1 || in.field() == 2) {
                tensor(in.message());
            } else {
                in.skip();
            }
        }
    }

    private void tensor(ProtobufReader in) {
        while (in.next()) {
            if (in.field() == ExternalDataEntry.TENSOR_FIELD) {
                ExternalDataEntry entry = ExternalDataEntry.read(in.message());
                if (entry.key().equals("location")) {
                    if (++count > MAX_TENSORS) {
                        throw new IllegalArgumentException("more than " + MAX_TENSORS + " external tensors");
                    }
                    locations.add(entry.value());
                }
            } else {
                in.skip();
            }
        }
    }
}
