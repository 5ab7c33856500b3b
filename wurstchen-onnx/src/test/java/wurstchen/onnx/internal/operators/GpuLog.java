package wurstchen.onnx.internal.operators;

import java.util.ArrayList;
import java.util.List;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;
import wurstchen.onnx.internal.operators.gpu.Product;

/** An H200 that writes down what is queued: 132 multiprocessors, 227 KiB of shared memory a block. */
final class GpuLog implements GpuWork {
    static final long SCRATCH = 0x5000_0000L;
    static final long ZEROS = 0x6000_0000L;

    final List<Launch> launches = new ArrayList<>();
    final List<Product> products = new ArrayList<>();
    long scratchBytes;
    long zeroBytes;
    int multiprocessors = 132;
    int sharedBytes = 232_448;
    boolean hopper = true;

    @Override
    public int multiprocessors() {
        return multiprocessors;
    }

    @Override
    public int sharedBytes() {
        return sharedBytes;
    }

    @Override
    public long scratch(long bytes) {
        scratchBytes = bytes;
        return SCRATCH;
    }

    @Override
    public long zeros(long bytes) {
        zeroBytes = bytes;
        return ZEROS;
    }

    @Override
    public boolean has(String kernel) {
        return hopper;
    }

    @Override
    public void launch(Launch launch) {
        launches.add(launch);
    }

    @Override
    public void multiply(Product product) {
        products.add(product);
    }
}
