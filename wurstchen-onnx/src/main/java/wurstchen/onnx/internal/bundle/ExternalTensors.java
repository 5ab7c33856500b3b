package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import com.google.common.math.LongMath;
import com.google.common.primitives.ImmutableLongArray;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Lists the external weights of a graph with their positions. Covers initializers of the main graph only; those of functions and of nested
 * graphs are left to ONNX Runtime.
 *
 * <p>Field numbers: onnx.proto3 of ONNX 1.19.
 */
public final class ExternalTensors {
    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int TENSOR_SHAPE = 1;
    private static final int TENSOR_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int MOST_AXES = 32;

    private final ImmutableList.Builder<ExternalTensor> tensors = ImmutableList.builder();

    private final String file;

    private ExternalTensors(String file) {
        this.file = file;
    }

    /**
     * Lists the weights in the order of the graph. A weight without a length, which extends to the end of its file, is left out.
     *
     * @param file the graph's name, for messages
     * @throws ModelBundleException if the bytes are not an ONNX model
     */
    public static ImmutableList<ExternalTensor> of(String file, byte[] model) {
        ExternalTensors scan = new ExternalTensors(file);
        try {
            ProtobufReader in = new ProtobufReader(model);
            while (in.next()) {
                if (in.field() == MODEL_GRAPH) {
                    scan.graph(in.message());
                } else {
                    in.skip();
                }
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            throw new ModelBundleException(file + ": is no ONNX model; export the bundle again", e);
        }
        return scan.tensors.build();
    }

    private void graph(ProtobufReader in) {
        while (in.next()) {
            if (in.field() == GRAPH_INITIALIZER) {
                tensor(in.message());
            } else {
                in.skip();
            }
        }
    }

    private void tensor(ProtobufReader in) {
        ImmutableLongArray.Builder shape = ImmutableLongArray.builder();
        String name = "";
        int type = 0;
        Place place = new Place();
        while (in.next()) {
            switch (in.field()) {
                case TENSOR_SHAPE -> shape.addAll(in.numbers(MOST_AXES));
                case TENSOR_TYPE -> type = Math.toIntExact(in.number());
                case TENSOR_NAME -> name = in.text();
                case ExternalDataEntry.TENSOR_FIELD -> place.add(ExternalDataEntry.read(in.message()));
                default -> in.skip();
            }
        }
        if (place.length > 0) {
            // No sum or product of these may overflow later.
            if (place.offset < 0 || place.offset > Long.MAX_VALUE - place.length) {
                throw new ModelBundleException(file + ": the weight " + OneLine.of(name) + " has " + place.length + " bytes from "
                        + place.offset + " on, which is no place in a file; export the bundle again");
            }
            if (!isShape(shape.build())) {
                throw new ModelBundleException(
                        file + ": the weight " + OneLine.of(name) + " has a shape that no memory holds; export the bundle again");
            }
            tensors.add(new ExternalTensor(name, type, shape.build(), place.location, place.offset, place.length));
        }
    }

    private static boolean isShape(ImmutableLongArray shape) {
        if (shape.length() > MOST_AXES || shape.stream().anyMatch(axis -> axis < 0)) {
            return false;
        }
        return shape.stream().filter(axis -> axis > 0).reduce(Double.BYTES, LongMath::saturatedMultiply) < Long.MAX_VALUE;
    }

    /** Position of a tensor's values, from key-value pairs of which the offset may be missing. */
    private static final class Place {
        private String location = "";
        private long offset;
        private long length;

        private void add(ExternalDataEntry entry) {
            switch (entry.key()) {
                case "location" -> location = entry.value();
                case "offset" -> offset = Long.parseLong(entry.value());
                case "length" -> length = Long.parseLong(entry.value());
                default -> {}
            }
        }
    }
}
