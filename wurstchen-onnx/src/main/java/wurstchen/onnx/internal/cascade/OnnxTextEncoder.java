package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.TextEncoder;
import wurstchen.text.TokenIds;

/** A text encoder as an exported graph. Rows of equal tokens are computed once. Thread-safe. */
public final class OnnxTextEncoder implements TextEncoder {
    private final BoundSession session;
    private final int tokens;
    private final int width;

    public OnnxTextEncoder(BoundSession session) {
        TensorSpec states = session.spec().outputs().get(0);
        this.session = session;
        this.tokens = (int) states.length(1);
        this.width = (int) states.length(2);
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
        return open(bundle, provider, GraphSpec.TEXT_ENCODER_C);
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
        return open(bundle, provider, GraphSpec.TEXT_ENCODER_B);
    }

    private static OnnxTextEncoder open(VerifiedBundle bundle, ExecutionProvider provider, String graph) {
        return new OnnxTextEncoder(CascadeSessions.open(bundle, provider, List.of(graph)).get(graph));
    }

    /** Opens a text encoder on an engine that others use too. */
    public static OnnxTextEncoder open(VerifiedBundle bundle, OnnxEngine engine, String graph) {
        return new OnnxTextEncoder(CascadeSessions.open(bundle, engine, List.of(graph)).get(graph));
    }

    @Override
    public HiddenStates encode(List<TokenIds> rows) {
        checkArgument(!rows.isEmpty(), "a text encoder needs at least one row of tokens, got none");
        Map<Tokens, Integer> distinct = new LinkedHashMap<>();
        for (TokenIds row : rows) {
            checkArgument(
                    row.ids().length() == tokens && row.attentionMask().length() == tokens,
                    "%s needs %s token ids and masks a row, got %s and %s",
                    session.spec().name(),
                    tokens,
                    row.ids().length(),
                    row.attentionMask().length());
            distinct.putIfAbsent(Tokens.of(row), distinct.size());
        }
        OnnxEngine engine = session.engine();
        Tensor encoded = encodeDistinct(ImmutableList.copyOf(distinct.keySet()));
        if (distinct.size() == rows.size()) {
            return new OnnxHiddenStates(engine, rows.size(), tokens, width, encoded);
        }
        try (encoded) {
            Tensor expanded = engine.tensor(ElementType.FLOAT32, rows.size(), tokens, width);
            long row = (long) tokens * width;
            for (int i = 0; i < rows.size(); i++) {
                engine.copy(encoded, distinct.get(Tokens.of(rows.get(i))) * row, expanded, i * row, row);
            }
            return new OnnxHiddenStates(engine, rows.size(), tokens, width, expanded);
        }
    }

    private Tensor encodeDistinct(List<Tokens> rows) {
        OnnxEngine engine = session.engine();
        long[] ids = rows.stream().flatMapToLong(row -> row.ids().stream()).toArray();
        long[] masks = rows.stream().flatMapToLong(row -> row.mask().stream()).toArray();
        Tensor states = engine.tensor(ElementType.FLOAT32, rows.size(), tokens, width);
        try (Tensor inputIds = engine.upload(ids, rows.size(), tokens);
                Tensor attentionMask = engine.upload(masks, rows.size(), tokens)) {
            session.run(
                            ImmutableMap.of("input_ids", inputIds, "attention_mask", attentionMask),
                            ImmutableMap.of("hidden_states", states))
                    .close();
            return states;
        } catch (RuntimeException e) {
            states.close();
            throw e;
        }
    }

    @Override
    public void close() {
        session.close();
    }

    /** What makes two rows equal: not the text that they came from. */
    private record Tokens(ImmutableLongArray ids, ImmutableLongArray mask) {
        static Tokens of(TokenIds row) {
            return new Tokens(row.ids(), row.attentionMask());
        }
    }
}
