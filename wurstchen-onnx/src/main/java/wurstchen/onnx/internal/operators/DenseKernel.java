package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.Epilogue;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Product;
import wurstchen.onnx.internal.operators.gpu.ProductShape;

/**
 * Dense and DenseGelu: inputs x[...,K], weight[K,N], bias[N]; output y[...,N] = epilogue(x weight + bias).
 *
 * @param epilogue with a bias
 */
record DenseKernel(Epilogue epilogue) implements GpuKernel {
    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        DenseShape shape = DenseShape.of(call.shape(0), call.shape(1));
        Shapes.check("bias", call.shape(2), shape.columns());
        long y = call.output(0, shape.result());
        if (shape.rows() > 0) {
            ProductShape product = new ProductShape(shape.rows(), shape.inner(), shape.columns(), epilogue, false, 1);
            gpu.multiply(new Product(product, call.input(0), call.input(1), call.input(2), 0, y));
        }
    }
}
