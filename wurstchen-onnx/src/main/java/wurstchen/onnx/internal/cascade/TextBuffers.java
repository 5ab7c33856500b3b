package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.GraphRun;
import wurstchen.onnx.internal.graph.OnnxEngine;

/**
 * The tensors of a text encoder for a number of rows, and the graph bound to them. Later runs of as many rows use the same tensors, so that a
 * run that the device recorded stays valid. For one run at a time.
 */
final class TextBuffers implements BufferPool.Buffers<Integer> {
    /** How many are kept, including those in use: a prompt alone or with a negative one, twice, for two requests at a time. */
    static final int MAX_KEPT = 4;

    private final OnnxEngine engine;
    private final int rows;
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final Tensor ids;
    private final Tensor mask;
    private final Tensor states;
    private final GraphRun run;

    /** Allocates uninitialized tensors. */
    TextBuffers(BoundSession session, int rows, int tokens, int width) {
        this.engine = session.engine();
        this.rows = rows;
        try {
            ids = own(engine.tensor(ElementType.INT64, rows, tokens));
            mask = own(engine.tensor(ElementType.INT64, rows, tokens));
            states = own(engine.tensor(ElementType.FLOAT32, rows, tokens, width));
            run = own(session.prepareRepeated(
                    ImmutableMap.of("input_ids", ids, "attention_mask", mask), ImmutableMap.of("hidden_states", states), rows));
        } catch (RuntimeException e) {
            Closing.afterFailure(e, owned);
            throw e;
        }
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(0, resource);
        return resource;
    }

    /** Returns the number of rows. */
    @Override
    public Integer key() {
        return rows;
    }

    @Override
    public long bytes() {
        return ids.bytes() + mask.bytes() + states.bytes();
    }

    /**
     * Encodes rows.
     *
     * @return a copy of the hidden states, owned by the caller
     */
    Tensor encode(long[] inputIds, long[] attentionMask) {
        engine.write(ids, inputIds);
        engine.write(mask, attentionMask);
        run.run();
        return engine.copyOf(states);
    }

    @Override
    public void close() {
        Closing.all(owned);
    }
}
