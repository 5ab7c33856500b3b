package wurstchen.onnx.internal.operators.gpu;

import ai.onnxruntime.platform.Fp16Conversions;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.cuda.CudaStream;
import wurstchen.onnx.internal.cuda.InstalledCudaDriver;

/** A stream of the first GPU, on which ONNX Runtime's CUDA provider has been started, with memory and a clock. */
public final class GpuBench implements AutoCloseable {
    private static final int SUCCESS = 0;

    /** Random values repeat after so many. */
    private static final int PATTERN = 1 << 20;

    private final List<AutoCloseable> owned = new ArrayList<>();
    private final NativeLibrary driver;
    private final CudaGpu gpu;
    private final CudaStream stream;
    private final GpuQueue queue;
    private final Memory halves = halves();

    private GpuBench(NativeLibrary driver, CudaGpu gpu, CudaStream stream, GpuQueue queue) {
        this.driver = driver;
        this.gpu = gpu;
        this.stream = stream;
        this.queue = queue;
        owned.addAll(List.of(stream, gpu, queue));
    }

    /** Opens the stream. */
    public static GpuBench open(Iterable<KernelSpec> kernels) {
        HostSystem host = HostSystem.current();
        NativeLibrary driver = InstalledCudaDriver.library(host).orElseThrow();
        CudaStream stream = CudaStream.open(0, host).orElseThrow();
        return new GpuBench(driver, CudaGpu.open(driver, 0), stream, GpuQueue.open(driver, 0, stream.address(), kernels, host));
    }

    private static Memory halves() {
        Random random = new Random(1);
        Memory halves = new Memory(2L * PATTERN);
        for (int i = 0; i < PATTERN; i++) {
            halves.setShort(2L * i, Fp16Conversions.floatToFp16((float) random.nextGaussian() / 4));
        }
        return halves;
    }

    public GpuWork work() {
        return queue.work();
    }

    public String description() {
        return queue.description();
    }

    /** Makes memory, filled with random values of float16. */
    public long allocate(long bytes) {
        long address = gpu.allocate(bytes);
        owned.add(() -> gpu.free(address));
        for (long done = 0; done < bytes; done += halves.size()) {
            long at = address + done;
            long part = Math.min(halves.size(), bytes - done);
            gpu.inContext(() -> copy(at, halves, part));
        }
        return address;
    }

    private void copy(long to, Pointer from, long bytes) {
        int error = driver.getFunction("cuMemcpyHtoD_v2").invokeInt(new Object[] {to, from, bytes});
        if (error != SUCCESS) {
            throw new IllegalStateException("cuMemcpyHtoD: error " + error);
        }
    }

    /** Returns how long it takes the GPU to do what the work queues, in microseconds: the least of some tries. */
    public double microseconds(Runnable work) {
        double least = Double.MAX_VALUE;
        for (int i = 0; i < 10; i++) {
            least = Math.min(least, 1000 * gpu.milliseconds(stream.address(), work));
        }
        return least;
    }

    @Override
    public void close() {
        Closing.all(owned);
    }
}
