package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.bundle.Family;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.TextEncoder;
import wurstchen.text.TokenIds;

/** A text encoder as an exported graph. Rows with equal tokens are computed once. Thread-safe. */
public final class OnnxTextEncoder implements TextEncoder {
    private static final String STATES = "hidden_states";

    /** Of encoders that give a pooled embedding. */
    private static final String POOLED = "pooled";

    private final BoundSession session;
    private final int tokens;
    private final int width;
    private final BufferPool<Integer, TextBuffers> pool;

    public OnnxTextEncoder(BoundSession session) {
        TensorSpec states = output(session.spec(), STATES).orElseThrow();
        this.session = session;
        this.tokens = (int) states.length(1);
        this.width = (int) states.length(2);
        this.pool = new BufferPool<>(TextBuffers.MAX_KEPT, rows -> new TextBuffers(session, rows, tokens));
    }

    /** Returns the width of the hidden states that a graph gives. */
    static OptionalInt width(GraphSpec graph) {
        return OptionalInt.of(output(graph, STATES).map(states -> (int) states.length(2)).orElseThrow());
    }

    /** Returns the width of the pooled embeddings that a graph gives; 0 if it gives none. */
    static OptionalInt pooledWidth(GraphSpec graph) {
        return OptionalInt.of(output(graph, POOLED).map(pooled -> (int) pooled.length(1)).orElse(0));
    }

    private static Optional<TensorSpec> output(GraphSpec graph, String name) {
        return graph.outputs().stream().filter(tensor -> tensor.name().equals(name)).findFirst();
    }

    /**
     * Opens the text encoder of Stage C.
     *
     * @param bundle stays open as long as the encoder
     * @param provider where to run
     * @return the encoder, owned by the caller
     * @throws ModelBundleException if a graph is not what the manifest says
     * @throws wurstchen.WurstchenException if ONNX Runtime cannot open it
     */
    public static OnnxTextEncoder openForStageC(VerifiedBundle bundle, ExecutionProvider provider) {
        return open(bundle, provider, Family.of(bundle.manifest()).textEncoderC());
    }

    /**
     * Opens the text encoder of Stage B.
     *
     * @param bundle stays open as long as the encoder
     * @param provider where to run
     * @return the encoder, owned by the caller
     * @throws ModelBundleException if a graph is not what the manifest says
     * @throws wurstchen.WurstchenException if ONNX Runtime cannot open it
     */
    public static OnnxTextEncoder openForStageB(VerifiedBundle bundle, ExecutionProvider provider) {
        return open(bundle, provider, Family.of(bundle.manifest()).textEncoderB());
    }

    private static OnnxTextEncoder open(VerifiedBundle bundle, ExecutionProvider provider, String graph) {
        return new OnnxTextEncoder(requireNonNull(CascadeSessions.open(bundle, provider, List.of(graph)).get(graph)));
    }

    /** Opens a text encoder on a shared engine. */
    public static OnnxTextEncoder open(VerifiedBundle bundle, OnnxEngine engine, String graph) {
        return new OnnxTextEncoder(requireNonNull(CascadeSessions.open(bundle, engine, List.of(graph)).get(graph)));
    }

    @Override
    public HiddenStates encode(List<TokenIds> rows) {
        checkArgument(!rows.isEmpty(), "a text encoder needs at least one row of tokens, got none");
        List<TokenIds> distinct = new ArrayList<>();
        int[] places = new int[rows.size()];
        for (int i = 0; i < places.length; i++) {
            TokenIds row = rows.get(i);
            checkArgument(
                    row.length() == tokens, "%s needs %s token ids a row, got %s", session.spec().name(), tokens, row.length());
            places[i] = place(row, distinct);
        }
        OnnxHiddenStates encoded = encodeDistinct(distinct);
        if (distinct.size() == rows.size()) {
            return encoded;
        }
        try (encoded) {
            return encoded.select(places);
        }
    }

    /**
     * Returns the index of a row's tokens in a list, to which new ones are added. Rows are equal if their tokens are, whatever their text.
     */
    private static int place(TokenIds row, List<TokenIds> distinct) {
        for (int i = 0; i < distinct.size(); i++) {
            if (distinct.get(i).sameTokens(row)) {
                return i;
            }
        }
        distinct.add(row);
        return distinct.size() - 1;
    }

    private OnnxHiddenStates encodeDistinct(List<TokenIds> rows) {
        long[] ids = rows.stream().flatMapToLong(row -> LongStream.of(row.ids())).toArray();
        long[] masks = rows.stream().flatMapToLong(row -> LongStream.of(row.attentionMask())).toArray();
        ImmutableMap<String, Tensor> encoded =
                session.records() ? encodeAgain(rows.size(), ids, masks) : encodeOnce(rows.size(), ids, masks);
        return new OnnxHiddenStates(
                session.engine(), rows.size(), tokens, width, requireNonNull(encoded.get(STATES)), encoded.get(POOLED));
    }

    /** Encodes with tensors that are kept, so that the device can record the graph's many small kernels and replay them. */
    private ImmutableMap<String, Tensor> encodeAgain(int rows, long[] ids, long[] masks) {
        TextBuffers buffers = pool.take(rows);
        ImmutableMap<String, Tensor> encoded;
        try {
            encoded = buffers.encode(ids, masks);
        } catch (RuntimeException e) {
            // Discard tensors that a failure may have left in any state.
            Closing.afterFailure(e, List.of(buffers));
            throw e;
        }
        pool.giveBack(buffers);
        return encoded;
    }

    private ImmutableMap<String, Tensor> encodeOnce(int rows, long[] ids, long[] masks) {
        OnnxEngine engine = session.engine();
        ImmutableMap<String, Tensor> outputs = TextBuffers.outputs(session, rows);
        try (Tensor inputIds = engine.upload(ids, rows, tokens);
                Tensor attentionMask = engine.upload(masks, rows, tokens)) {
            session.run(ImmutableMap.of("input_ids", inputIds, "attention_mask", attentionMask), outputs).close();
            return outputs;
        } catch (RuntimeException e) {
            Closing.afterFailure(e, outputs.values().asList());
            throw e;
        }
    }

    @Override
    public OptionalInt width() {
        return width(session.spec());
    }

    @Override
    public OptionalInt pooledWidth() {
        return pooledWidth(session.spec());
    }

    @Override
    public void close() {
        session.close();
        pool.close();
    }
}
