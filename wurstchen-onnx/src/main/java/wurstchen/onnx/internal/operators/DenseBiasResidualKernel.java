package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.Epilogue;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Product;
import wurstchen.onnx.internal.operators.gpu.ProductShape;

/** DenseBiasResidual: inputs x[...,K], weight[K,N], bias[N], residual[...,N]; output y[...,N] = residual + x weight + bias. */
record DenseBiasResidualKernel() implements GpuKernel {
    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        DenseShape shape = DenseShape.of(call.shape(0), call.shape(1));
        Shapes.check("bias", call.shape(2), shape.columns());
        Shapes.check("residual", call.shape(3), shape.result());
        long y = call.output(0, shape.result());
        if (shape.rows() > 0) {
            ProductShape product = new ProductShape(shape.rows(), shape.inner(), shape.columns(), Epilogue.BIAS, true, 1);
            gpu.multiply(new Product(product, call.input(0), call.input(1), call.input(2), call.input(3), y));
        }
    }
}
