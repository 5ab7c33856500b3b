package wurstchen.onnx.internal.operators;

import ai.onnxruntime.platform.Fp16Conversions;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import wurstchen.onnx.internal.operators.gpu.Epilogue;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;
import wurstchen.onnx.internal.operators.gpu.Product;
import wurstchen.onnx.internal.operators.gpu.ProductShape;

/** The host in a GPU's place: computes at once, in float32, what kernels and products are described to compute. */
final class HostGpu implements GpuWork {
    private Memory scratch = new Memory(1);

    @Override
    public int multiprocessors() {
        return 132;
    }

    @Override
    public int sharedBytes() {
        return 232_448;
    }

    @Override
    public long scratch(long bytes) {
        if (bytes > scratch.size()) {
            scratch = new Memory(bytes + 256);
        }
        return Pointer.nativeValue(scratch) + 255 & -256;
    }

    @Override
    public long zeros(long bytes) {
        return 0;
    }

    @Override
    public boolean has(String kernel) {
        return true;
    }

    @Override
    public void launch(Launch launch) {
        HostKernels.run(launch);
    }

    @Override
    public void multiply(Product product) {
        ProductShape shape = product.shape();
        int rows = (int) shape.rows();
        int inner = (int) shape.inner();
        int columns = (int) shape.columns();
        for (int i = 0; i < shape.batch(); i++) {
            Halves x = new Halves(product.x() + 2L * i * rows * inner);
            Halves weight = new Halves(product.weight() + 2L * i * inner * columns);
            Halves residual = new Halves(product.residual() + 2L * i * rows * columns);
            Halves y = new Halves(product.y() + 2L * i * rows * columns);
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    float sum = shape.residual() ? residual.get(row * columns + column) : 0;
                    for (int k = 0; k < inner; k++) {
                        sum += x.get(row * inner + k) * weight.get(k * columns + column);
                    }
                    y.set(row * columns + column, epilogue(shape.epilogue(), sum, product.bias(), column));
                }
            }
        }
    }

    private static float epilogue(Epilogue epilogue, float sum, long bias, int column) {
        return switch (epilogue) {
            case NONE -> sum;
            case BIAS -> sum + new Halves(bias).get(column);
            case GELU_BIAS -> gelu(sum + new Halves(bias).get(column));
        };
    }

    /** The form with tanh. */
    static float gelu(float x) {
        return (float) (0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
    }

    /** Values of float16 at an address. */
    record Halves(long address) {
        float get(long index) {
            return Fp16Conversions.fp16ToFloat(new Pointer(address).getShort(2 * index));
        }

        void set(long index, float value) {
            new Pointer(address).setShort(2 * index, Fp16Conversions.floatToFp16(value));
        }
    }
}
