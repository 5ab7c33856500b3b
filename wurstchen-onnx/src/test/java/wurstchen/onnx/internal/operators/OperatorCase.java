package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import wurstchen.onnx.internal.operators.callback.OperatorSignature;

/**
 * A node with its inputs.
 *
 * @param name what is special about it
 * @param signature the operator
 * @param attributes adds the node's attributes
 * @param shapes of the inputs
 */
public record OperatorCase(String name, OperatorSignature signature, UnaryOperator<NodeModel> attributes, List<long[]> shapes) {
    private static final float EPSILON = 1e-6f;

    /** Every operator at several sizes: some of the published ones, odd ones, and the smallest. */
    public static ImmutableList<OperatorCase> all() {
        ImmutableList.Builder<OperatorCase> cases = ImmutableList.builder();
        for (int[] size : new int[][] {{2, 3, 5, 64, 48}, {1, 1, 1, 8, 8}, {2, 7, 3, 9, 5}, {1, 4, 33, 40, 24}, {3, 2, 2, 1, 1}}) {
            addDense(cases, size[0], size[1], size[2], size[3], size[4]);
            addDenseResponse(cases, size[0], size[1], size[2], size[3], size[4]);
            addNorms(cases, size[0], size[1], size[2], size[3], size[4]);
            addScaled(cases, size[0], size[1], size[2], size[3], size[4]);
        }
        addNorms(cases, 1, 2, 3, 1536, 16);
        addNorms(cases, 2, 5, 9, 640, 640);
        for (int[] size : new int[][] {{2, 5, 4, 2, 7}, {1, 1, 1, 1, 1}, {1, 9, 15, 3, 77}, {3, 2, 65, 1, 0}}) {
            addAttention(cases, size[0], size[1], size[2], size[3], size[4]);
        }
        for (int[] size : new int[][] {{2, 7, 3, 8}, {1, 1, 1, 8}, {3, 77, 2, 64}, {1, 33, 2, 40}}) {
            addMaskedAttention(cases, size[0], size[1], size[2], size[3]);
        }
        return cases.build();
    }

    static void addDense(
            ImmutableList.Builder<OperatorCase> cases, int maps, int height, int width, int inner, int columns) {
        long[] x = {maps, height, width, inner};
        long[] y = {maps, height, width, columns};
        long[] weight = {inner, columns};
        cases.add(of("Dense", node -> node, x, weight, new long[] {columns}));
        cases.add(of("DenseGelu", node -> node, x, weight, new long[] {columns}));
        cases.add(of("DenseResidual", node -> node, x, weight, y));
        cases.add(of("DenseBiasResidual", node -> node, x, weight, new long[] {columns}, y));
    }

    static void addDenseResponse(
            ImmutableList.Builder<OperatorCase> cases, int maps, int height, int width, int inner, int columns) {
        long[] x = {maps, height, width, inner};
        cases.add(of("DenseGeluResponse", node -> node, x, new long[] {inner, columns}, new long[] {columns}, new long[] {columns}));
    }

    static void addNorms(
            ImmutableList.Builder<OperatorCase> cases, int maps, int height, int width, int channels, int joined) {
        long[] x = {maps, height, width, channels};
        long[] both = {1, 3L * channels};
        long[] weight = {9, channels};
        long[] bias = {channels};
        long[] join = {maps, height, width, joined};
        long[] joinTwo = {maps, height, width, 3};
        UnaryOperator<NodeModel> slice = node -> node.attribute("start", new long[] {channels})
                .attribute("end", new long[] {2L * channels})
                .attribute("epsilon", EPSILON);
        UnaryOperator<NodeModel> depthwise = node -> slice.apply(node).attribute("channels", channels);
        cases.add(of("AffineNorm", slice, x, both, both));
        cases.add(of("DepthwiseNorm", depthwise, x, both, both, weight, bias));
        cases.add(of(
                "DepthwiseNormJoin",
                node -> depthwise.apply(node).attribute("normed_pads", 0L, joined).attribute("joined_pads", channels, 0L),
                x,
                both,
                both,
                weight,
                bias,
                join));
        cases.add(of(
                "DepthwiseNormJoinTwo",
                node -> depthwise.apply(node)
                        .attribute("normed_pads", 0L, joined + 3L)
                        .attribute("joined_pads", channels, 3L)
                        .attribute("joined2_pads", (long) channels + joined, 0L),
                x,
                both,
                both,
                weight,
                bias,
                join,
                joinTwo));
        cases.add(of(
                "MixingDepthwise",
                node -> node.attribute("epsilon", EPSILON).attribute("channels", channels),
                x,
                weight,
                bias,
                bias));
    }

    static void addScaled(
            ImmutableList.Builder<OperatorCase> cases, int maps, int height, int width, int inner, int columns) {
        long[] u = {maps, height, width, inner};
        cases.add(of(
                "ScaledDenseResidual",
                node -> node,
                u,
                new long[] {maps, inner},
                new long[] {inner, columns},
                new long[] {maps, height, width, columns}));
    }

    static void addAttention(
            ImmutableList.Builder<OperatorCase> cases, int maps, int height, int width, int heads, int textTokens) {
        cases.add(of(
                "JointAttention",
                node -> node.attribute("block", 1L).attribute("heads", heads).attribute("scale", 0.125f),
                new long[] {maps, height, width, 192L * heads},
                new long[] {3, 2, maps, heads, textTokens, 64}));
    }

    static void addMaskedAttention(ImmutableList.Builder<OperatorCase> cases, int rows, int tokens, int heads, int headChannels) {
        cases.add(of(
                "MaskedAttention",
                node -> node.attribute("heads", heads).attribute("scale", 0.3f),
                new long[] {rows, tokens, 3L * heads * headChannels},
                new long[] {rows, 1, tokens, tokens}));
    }

    private static OperatorCase of(String operator, UnaryOperator<NodeModel> attributes, long[]... shapes) {
        OperatorSignature signature = WurstchenOperators.all(stream -> null).stream()
                .map(GpuOperator::signature)
                .filter(found -> found.name().equals(operator))
                .findFirst()
                .orElseThrow();
        return new OperatorCase(operator + " " + Arrays.deepToString(shapes), signature, attributes, List.of(shapes));
    }

    /** Returns the model of the node, with the exporter's functions. */
    public NodeModel model(NodeModel.Halves halves) {
        return attributes.apply(new NodeModel(DeviceOperators.DOMAIN, signature)).halves(halves).part(functions());
    }

    /** Returns the exporter's functions of all operators, fields of a ModelProto. */
    public static byte[] functions() {
        try {
            return Resources.toByteArray(Resources.getResource("operators/functions.onnx"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns values for each input, the same at each call. A weight's are so small that products stay near 1. */
    public ImmutableList<float[]> inputs() {
        Random random = new Random(name.hashCode());
        ImmutableList.Builder<float[]> inputs = ImmutableList.builder();
        for (long[] shape : shapes) {
            float[] values = new float[Math.toIntExact(Shapes.size(shape))];
            double factor = shape.length == 2 && shape[0] > 1 ? 1 / Math.sqrt(shape[0]) : 1;
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextGaussian() * factor);
            }
            inputs.add(values);
        }
        return inputs.build();
    }

    /** Returns what the exporter's function gives in float32, for inputs rounded to float16, on the CPU. */
    public List<OperatorResult> expected() throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            return run(model(NodeModel.Halves.ROUNDED), options);
        }
    }

    /** Runs a model of this node with {@link #inputs}. */
    List<OperatorResult> run(NodeModel model, SessionOptions options) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensor> inputs = new HashMap<>();
        List<float[]> values = inputs();
        for (int i = 0; i < values.size(); i++) {
            FloatBuffer buffer = FloatBuffer.wrap(values.get(i));
            inputs.put(NodeModel.input(i), OnnxTensor.createTensor(environment, buffer, shapes.get(i)));
        }
        try (OrtSession session = environment.createSession(model.bytes(), options);
                OrtSession.Result result = session.run(inputs)) {
            List<OperatorResult> results = new ArrayList<>();
            for (int i = 0; i < signature.outputs().size(); i++) {
                results.add(OperatorResult.of((OnnxTensor) result.get(i)));
            }
            return results;
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
