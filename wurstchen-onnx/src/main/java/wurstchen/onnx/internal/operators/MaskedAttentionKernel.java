package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableList;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.KernelSpec;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * MaskedAttention: inputs qkv[R,T,3C], which holds queries, keys and values of all heads in turn, and mask[R,1,T,T], which is added to the
 * products of queries and keys; output y[R,T,C], the attention of each token of a text to the tokens that the mask leaves.
 *
 * @param heads of C / heads channels each
 * @param scale of the products of queries and keys
 */
record MaskedAttentionKernel(long heads, float scale) implements GpuKernel {
    /** The kernel of src/main/cuda/masked_attention.cu. */
    static final KernelSpec KERNEL = new KernelSpec("masked_attention", KernelSpec.ALL, false, true);

    /** Queries, keys and values. */
    private static final int PARTS = 3;

    /** Channels that a thread reads at a time. */
    private static final int WIDTH = 8;

    private static final int QUERIES_PER_BLOCK = 16;
    private static final int THREADS = 256;
    private static final int WARPS = THREADS / 32;

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        long[] shape = Shapes.check("qkv", call.shape(0), Shapes.ANY, Shapes.ANY, Shapes.ANY);
        long rows = shape[0];
        long tokens = shape[1];
        if (heads < 1 || shape[2] % (PARTS * WIDTH * heads) != 0) {
            throw new WurstchenException("qkv must have a multiple of " + PARTS * WIDTH + " channels for each of " + heads
                    + " heads, got " + shape[2] + "; export the bundle again");
        }
        long channels = shape[2] / PARTS;
        Shapes.check("mask", call.shape(1), rows, 1, tokens, tokens);
        long y = call.output(0, rows, tokens, channels);
        if (rows == 0 || tokens == 0 || channels == 0) {
            return;
        }
        long qkv = call.input(0);
        if (!Alignment.ofAddresses(qkv, y)) {
            throw new WurstchenException(
                    "tensors of MaskedAttention must begin at multiples of 16 bytes, got " + qkv + " and " + y);
        }
        gpu.launch(new Launch(
                KERNEL.name(),
                Shapes.toInt("the number of blocks", Shapes.ceilDiv(tokens, QUERIES_PER_BLOCK)),
                Rows.check("heads", heads),
                Rows.check("rows", rows),
                THREADS,
                sharedBytes(tokens, channels / heads, gpu.sharedBytes()),
                ImmutableList.of(
                        qkv,
                        call.input(1),
                        y,
                        Math.toIntExact(tokens),
                        Math.toIntExact(heads),
                        Math.toIntExact(channels / heads),
                        scale)));
    }

    /** Returns the shared memory for the keys and values of a head, and for the query and the weights of each warp. */
    private static int sharedBytes(long tokens, long headChannels, int most) {
        long keysAndValues = 2 * HALF * tokens * (headChannels + WIDTH);
        long queriesAndWeights = WARPS * Float.BYTES * (headChannels + 4 * Shapes.ceilDiv(tokens, 4));
        long bytes = keysAndValues + queriesAndWeights;
        if (bytes > most) {
            throw new WurstchenException("heads of " + headChannels + " channels for " + tokens + " tokens need " + bytes
                    + " bytes of shared memory, the GPU has " + most + "; run without operators: -D" + DeviceOperators.PROPERTY + "=off");
        }
        return (int) bytes;
    }
}
