package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import wurstchen.onnx.Device;
import wurstchen.onnx.Internals;
import wurstchen.onnx.internal.binding.DeviceMemories;
import wurstchen.onnx.internal.binding.DeviceMemory;
import wurstchen.onnx.internal.operators.callback.NodeAttributes;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuBench;

/**
 * Measures every operator at the sizes of the published model, 1024 x 1024 px with guidance, as Java queues it: microseconds a call, and what it
 * reaches in TFLOP/s or in GB/s of what it must read and write. Calls of less than about 10 microseconds are limited by the host.
 *
 * <p>Usage: OperatorBench [PICTURES]; with {@code -Dwurstchen.products=timed}, products by the fastest of cuBLASLt's algorithms.
 */
final class OperatorBench {
    private static final String LINE = "%-20s %-58s %9.1f us %8.1f %s%n";
    private static final float EPSILON = 1e-6f;

    private final GpuBench gpu;
    private final Map<Long, Long> memory = new HashMap<>();

    private OperatorBench(GpuBench gpu) {
        this.gpu = gpu;
    }

    /** Measures and prints. */
    public static void main(String[] args) {
        int maps = 2 * (args.length == 0 ? 1 : Integer.parseInt(args[0]));
        // Starts ONNX Runtime's provider, which loads cuBLASLt.
        DeviceMemory started = DeviceMemories.of(Internals.provider(Device.cuda()));
        try (GpuBench gpu = GpuBench.open(Kernels.ALL)) {
            System.out.println(gpu.description() + ", " + maps + " maps");
            new OperatorBench(gpu).measure(maps);
        } finally {
            started.release();
        }
    }

    private void measure(int maps) {
        measureBlock(maps, 24, 1536, 1536, 4 * 1536, 24);
        measureBlock(maps, 128, 320, 320, 4 * 320, 0);
        measureBlock(maps, 64, 640, 656, 4 * 640, 10);
        measureBlock(maps, 32, 1280, 1296, 4 * 1280, 20);
        measureBlock(maps, 16, 1280, 1296, 4 * 1280, 20);
        measureText(maps, 1280, 20);
        measureText(maps, 1024, 16);
        int pictures = maps / 2;
        measureMixing(pictures, 256, 384);
        measureMixing(pictures, 512, 192);
    }

    /** A ConvNeXt block, and an attention block if there are heads. */
    private void measureBlock(int maps, int side, int channels, int joined, int wide, int heads) {
        long[] x = {maps, side, side, channels};
        long[] both = {1, channels};
        long[] u = {maps, side, side, wide};
        long[] join = {maps, side, side, joined - channels};
        Slice slice = new Slice(0, channels);
        DepthwiseNormKernel depthwise = new DepthwiseNormKernel(slice, EPSILON, joined > channels ? 1 : 0);
        bytes("DepthwiseNorm", depthwise, x, both, both, new long[] {9, channels}, new long[] {channels}, join);
        flops(
                "DenseGeluResponse",
                create("DenseGeluResponse"),
                new long[] {maps, side, side, joined},
                new long[] {joined, wide},
                new long[] {wide},
                new long[] {wide});
        flops("ScaledDenseResidual", create("ScaledDenseResidual"), u, new long[] {maps, wide}, new long[] {wide, channels}, x);
        if (heads > 0) {
            bytes("AffineNorm", new AffineNormKernel(slice, EPSILON), x, both, both);
            flops("Dense", create("Dense"), x, new long[] {channels, 3L * channels}, new long[] {3L * channels});
            attention(maps, side, heads);
            flops("DenseResidual", create("DenseResidual"), x, new long[] {channels, channels}, x);
        }
    }

    /** A layer of a text encoder. */
    private void measureText(int rows, int channels, int heads) {
        long[] x = {rows, 77, channels};
        long[] wide = {rows, 77, 4L * channels};
        long[] bias = {channels};
        flops("Dense", create("Dense"), x, new long[] {channels, 3L * channels}, new long[] {3L * channels});
        long[] qkv = {rows, 77, 3L * channels};
        bytes("MaskedAttention", new MaskedAttentionKernel(heads, 0.125f), qkv, new long[] {rows, 1, 77, 77});
        flops("DenseBiasResidual", create("DenseBiasResidual"), x, new long[] {channels, channels}, bias, x);
        flops("DenseGelu", create("DenseGelu"), x, new long[] {channels, 4L * channels}, new long[] {4L * channels});
        flops("DenseBiasResidual", create("DenseBiasResidual"), wide, new long[] {4L * channels, channels}, bias, x);
    }

    private void measureMixing(int pictures, int side, int channels) {
        long[] x = {pictures, side, side, channels};
        long[] bias = {channels};
        bytes("MixingDepthwise", new MixingDepthwiseKernel(EPSILON), x, new long[] {9, channels}, bias, bias);
        flops("DenseGelu", create("DenseGelu"), x, new long[] {channels, 4L * channels}, new long[] {4L * channels});
        flops("DenseResidual", create("DenseResidual"), new long[] {pictures, side, side, 4L * channels}, new long[] {4L * channels, channels}, x);
    }

    /** Kernels without attributes. */
    private static GpuKernel create(String operator) {
        NodeAttributes none = null;
        return WurstchenOperators.all(stream -> null).stream()
                .filter(found -> found.signature().name().equals(operator))
                .findFirst()
                .orElseThrow()
                .factory()
                .create(none);
    }

    private void attention(int maps, int side, int heads) {
        long tokens = (long) side * side;
        double operations = 4.0 * maps * heads * tokens * (tokens + 77) * 64;
        Call call = new Call(new long[] {maps, side, side, 192L * heads}, new long[] {1, 2, maps, heads, 77, 64});
        double time = time(new JointAttentionKernel(0, heads, 0.125f), call);
        print("JointAttention", call, time, operations / time / 1e6, "TFLOP/s");
    }

    private void flops(String operator, GpuKernel kernel, long[]... shapes) {
        Call call = new Call(shapes);
        double time = time(kernel, call);
        // The weight is the input of two axes whose first is the last of x.
        long columns = Arrays.stream(shapes).filter(shape -> shape.length == 2).reduce((first, last) -> last).orElseThrow()[1];
        print(operator, call, time, 2.0 * Shapes.size(shapes[0]) * columns / time / 1e6, "TFLOP/s");
    }

    private void bytes(String operator, GpuKernel kernel, long[]... shapes) {
        Call call = new Call(shapes);
        double time = time(kernel, call);
        print(operator, call, time, call.bytes() / time / 1e3, "GB/s");
    }

    private double time(GpuKernel kernel, Call call) {
        Runnable queue = () -> {
            try {
                kernel.queue(call, gpu.work());
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        };
        queue.run();
        return gpu.microseconds(queue);
    }

    private static void print(String operator, Call call, double time, double rate, String unit) {
        System.out.printf(Locale.ROOT, LINE, operator, Arrays.deepToString(call.shapes), time, rate, unit);
    }

    /** Inputs and outputs in memory that all calls share: the n-th tensor of a size is always the same. */
    private final class Call implements OperatorCall {
        private final long[][] shapes;
        private final long[] inputs;
        private final Map<Integer, Long> outputs = new HashMap<>();
        private long bytes;

        Call(long[]... shapes) {
            this.shapes = shapes;
            inputs = new long[shapes.length];
            for (int i = 0; i < shapes.length; i++) {
                inputs[i] = tensor(i, Shapes.size(shapes[i]));
                bytes += 2 * Shapes.size(shapes[i]);
            }
        }

        /** Twice the bytes of float16, which also does for the few tensors of float32. */
        private long tensor(int index, long values) {
            return memory.computeIfAbsent(values * 100 + index, key -> gpu.allocate(Math.max(256, 4 * values)));
        }

        double bytes() {
            return bytes;
        }

        @Override
        public long[] shape(int input) {
            return shapes[input];
        }

        @Override
        public long input(int input) {
            return inputs[input];
        }

        @Override
        public long output(int output, long... shape) {
            return outputs.computeIfAbsent(output, index -> {
                bytes += 2 * Shapes.size(shape);
                return tensor(50 + output, Shapes.size(shape));
            });
        }

        @Override
        public long stream() {
            return 0;
        }
    }
}
