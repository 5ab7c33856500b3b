package wurstchen.onnx.internal.operators;

import java.util.function.LongFunction;
import wurstchen.onnx.internal.operators.callback.CustomOperator;
import wurstchen.onnx.internal.operators.callback.NodeAttributes;
import wurstchen.onnx.internal.operators.callback.OperatorKernel;
import wurstchen.onnx.internal.operators.callback.OperatorSignature;
import wurstchen.onnx.internal.operators.gpu.GpuWork;

/**
 * An operator that is computed on a GPU.
 *
 * @param signature what its nodes look like
 * @param factory makes the kernel of a node
 * @param streams finds what to queue on, by the address of a stream
 */
record GpuOperator(OperatorSignature signature, Factory factory, LongFunction<GpuWork> streams) implements CustomOperator {
    /** Makes kernels. */
    @FunctionalInterface
    interface Factory {
        /** Makes the kernel of a node with these attributes. */
        GpuKernel create(NodeAttributes attributes);
    }

    @Override
    public OperatorKernel create(NodeAttributes attributes) {
        GpuKernel kernel = factory.create(attributes);
        return call -> {
            GpuWork gpu = streams.apply(call.stream());
            synchronized (gpu) {
                kernel.queue(call, gpu);
            }
        };
    }
}
