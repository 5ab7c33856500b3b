package wurstchen.onnx.internal.operators;

import static wurstchen.onnx.internal.operators.callback.ValueType.FLOAT16;
import static wurstchen.onnx.internal.operators.callback.ValueType.FLOAT32;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Collections;
import java.util.function.LongFunction;
import wurstchen.onnx.internal.operators.callback.OperatorSignature;
import wurstchen.onnx.internal.operators.callback.ValueType;
import wurstchen.onnx.internal.operators.gpu.Epilogue;
import wurstchen.onnx.internal.operators.gpu.GpuWork;

/**
 * The operators of the domain {@code wurstchen}, version 1, as the exporter writes them into graphs of 16 bits. Products' weights are [K,N],
 * maps [R,H,W,C]; attributes have no defaults.
 */
final class WurstchenOperators {
    private static final String EPSILON = "epsilon";

    /** The names of all operators. */
    static final ImmutableSet<String> NAMES = all(stream -> {
                throw new IllegalStateException("no stream");
            })
            .stream()
            .map(operator -> operator.signature().name())
            .collect(ImmutableSet.toImmutableSet());

    private WurstchenOperators() {}

    /**
     * Returns all of them.
     *
     * @param streams finds what to queue on, by the address of a stream
     */
    static ImmutableList<GpuOperator> all(LongFunction<GpuWork> streams) {
        return ImmutableList.of(
                new GpuOperator(halves("Dense", 3, 1), node -> new DenseKernel(Epilogue.BIAS), streams),
                new GpuOperator(halves("DenseGelu", 3, 1), node -> new DenseKernel(Epilogue.GELU_BIAS), streams),
                new GpuOperator(halves("DenseResidual", 3, 1), node -> new DenseResidualKernel(), streams),
                new GpuOperator(halves("DenseBiasResidual", 4, 1), node -> new DenseBiasResidualKernel(), streams),
                new GpuOperator(
                        halves("MaskedAttention", 2, 1),
                        node -> new MaskedAttentionKernel(node.integer("heads"), node.number("scale")),
                        streams),
                new GpuOperator(halves("DepthwiseNorm", 5, 2), depthwiseNorm(0), streams),
                new GpuOperator(halves("DepthwiseNormJoin", 6, 2), depthwiseNorm(1), streams),
                new GpuOperator(halves("DepthwiseNormJoinTwo", 7, 2), depthwiseNorm(2), streams),
                new GpuOperator(
                        halves("AffineNorm", 3, 2), node -> new AffineNormKernel(Slice.of(node), node.number(EPSILON)), streams),
                new GpuOperator(halves("MixingDepthwise", 4, 2), node -> new MixingDepthwiseKernel(node.number(EPSILON)), streams),
                new GpuOperator(
                        new OperatorSignature("DenseGeluResponse", types(FLOAT16, 4), ImmutableList.of(FLOAT16, FLOAT32)),
                        node -> new DenseGeluResponseKernel(),
                        streams),
                new GpuOperator(
                        new OperatorSignature(
                                "ScaledDenseResidual",
                                ImmutableList.of(FLOAT16, FLOAT32, FLOAT16, FLOAT16),
                                ImmutableList.of(FLOAT16)),
                        node -> new ScaledDenseResidualKernel(),
                        streams),
                new GpuOperator(
                        new OperatorSignature("JointAttention", ImmutableList.of(FLOAT16, FLOAT32), ImmutableList.of(FLOAT16)),
                        node -> new JointAttentionKernel(node.integer("block"), node.integer("heads"), node.number("scale")),
                        streams));
    }

    private static GpuOperator.Factory depthwiseNorm(int joins) {
        return node -> new DepthwiseNormKernel(Slice.of(node), node.number(EPSILON), joins);
    }

    private static OperatorSignature halves(String name, int inputs, int outputs) {
        return new OperatorSignature(name, types(FLOAT16, inputs), types(FLOAT16, outputs));
    }

    private static ImmutableList<ValueType> types(ValueType type, int count) {
        return ImmutableList.copyOf(Collections.nCopies(count, type));
    }
}
