package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableList;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * JointAttention: inputs qkv[R,H,W,3C], which holds queries, keys and values of each head in turn, and text[blocks,2,R,heads,L,64] in float32,
 * keys and values of the text for every attention block; output y[R,H*W,C], the attention of each token of a map to the text's L tokens and to
 * all tokens of the map.
 *
 * @param block which of the blocks of {@code text} this is
 * @param heads C / 64
 * @param scale of the products of queries and keys
 */
record JointAttentionKernel(long block, long heads, float scale) implements GpuKernel {
    private static final int HEAD_CHANNELS = 64;

    /** Queries, keys and values. */
    private static final int PARTS = 3;

    /** Keys and values. */
    private static final int TEXT_PARTS = 2;

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape maps = MapShape.of("qkv", call.shape(0));
        long channels = Math.multiplyExact(heads, HEAD_CHANNELS);
        Shapes.check("qkv", call.shape(0), maps.withChannels(PARTS * channels));
        long[] text = Shapes.check(
                "text_keys_values", call.shape(1), Shapes.ANY, TEXT_PARTS, maps.maps(), heads, Shapes.ANY, HEAD_CHANNELS);
        if (block < 0 || block >= text[0]) {
            throw new WurstchenException("block must be from 0 to " + (text[0] - 1) + ", got " + block + "; export the bundle again");
        }
        long y = call.output(0, maps.maps(), maps.tokens(), channels);
        if (maps.empty()) {
            return;
        }
        Rows.check(maps);
        long qkv = call.input(0);
        long keysAndValues = call.input(1);
        if (!Alignment.ofAddresses(qkv, keysAndValues, y)) {
            throw new WurstchenException("tensors of JointAttention must begin at multiples of 16 bytes, got "
                    + qkv + ", " + keysAndValues + " and " + y);
        }
        int tokens = Shapes.toInt("the number of tokens", maps.tokens());
        AttentionTile tile = AttentionTile.of(tokens, heads, maps.maps(), gpu);
        gpu.launch(new Launch(
                tile.kernel(),
                tile.blocks(tokens),
                Math.toIntExact(heads),
                maps.maps(),
                tile.threads(),
                tile.sharedBytes(),
                ImmutableList.of(
                        qkv,
                        keysAndValues,
                        y,
                        maps.maps(),
                        tokens,
                        Math.toIntExact(heads),
                        Shapes.toInt("the number of the text's tokens", text[4]),
                        Math.toIntExact(block),
                        scale)));
    }
}
