package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import wurstchen.onnx.TensorSpec;
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
    private final ImmutableMap<String, Tensor> outputs;
    private final GraphRun run;

    /** Allocates uninitialized tensors. */
    TextBuffers(BoundSession session, int rows, int tokens) {
        this.engine = session.engine();
        this.rows = rows;
        try {
            ids = own(engine.tensor(ElementType.INT64, rows, tokens));
            mask = own(engine.tensor(ElementType.INT64, rows, tokens));
            outputs = outputs(session, rows);
            owned.addAll(0, outputs.values());
            run = own(session.prepareRepeated(ImmutableMap.of("input_ids", ids, "attention_mask", mask), outputs, rows));
        } catch (RuntimeException e) {
            Closing.afterFailure(e, owned);
            throw e;
        }
    }

    /** Allocates uninitialized tensors for what a text encoder gives: [rows, ...] each. */
    static ImmutableMap<String, Tensor> outputs(BoundSession session, int rows) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        try {
            for (TensorSpec output : session.spec().outputs()) {
                long[] shape = IntStream.range(0, output.axes().size()).mapToLong(output::length).toArray();
                shape[0] = rows;
                outputs.put(output.name(), session.engine().tensor(ElementType.FLOAT32, shape));
            }
            return ImmutableMap.copyOf(outputs);
        } catch (RuntimeException e) {
            Closing.afterFailure(e, List.copyOf(outputs.values()));
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
        return ids.bytes() + mask.bytes() + outputs.values().stream().mapToLong(Tensor::bytes).sum();
    }

    /**
     * Encodes rows.
     *
     * @return copies of the outputs by their names, owned by the caller
     */
    ImmutableMap<String, Tensor> encode(long[] inputIds, long[] attentionMask) {
        engine.write(ids, inputIds);
        engine.write(mask, attentionMask);
        run.run();
        Map<String, Tensor> copies = new LinkedHashMap<>();
        try {
            outputs.forEach((name, output) -> copies.put(name, engine.copyOf(output)));
            return ImmutableMap.copyOf(copies);
        } catch (RuntimeException e) {
            Closing.afterFailure(e, List.copyOf(copies.values()));
            throw e;
        }
    }

    @Override
    public void close() {
        Closing.all(owned);
    }
}
