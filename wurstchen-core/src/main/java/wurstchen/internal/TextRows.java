package wurstchen.internal;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;
import wurstchen.text.LongPrompts;
import wurstchen.text.TokenIds;
import wurstchen.text.WeightedText;

/**
 * The rows of token ids that stand for a text: one, or several windows.
 *
 * @param windows at least one
 * @param weights of the text's tokens in order, as far as they are known; those behind them have 1; empty if all have
 */
public record TextRows(List<TokenIds> windows, float[] weights) {
    /**
     * Tokenizes a text.
     *
     * @param weighted whether brackets give weights
     * @throws IllegalArgumentException if it is too long and such ones are refused
     */
    public static TextRows of(String text, boolean weighted, LongPrompts policy, ClipTokenizer tokenizer, Runnable checkpoint) {
        if (!weighted) {
            return new TextRows(rows(text, policy, tokenizer, checkpoint), new float[0]);
        }
        WeightedText parsed = WeightedText.parse(text);
        return new TextRows(rows(parsed.text(), policy, tokenizer, checkpoint), weights(parsed, tokenizer, checkpoint));
    }

    private static List<TokenIds> rows(String text, LongPrompts policy, ClipTokenizer tokenizer, Runnable checkpoint) {
        if (policy == LongPrompts.WINDOWS) {
            return tokenizer.encodeWindows(text, checkpoint);
        }
        TokenIds ids = tokenizer.encode(text, checkpoint);
        checkArgument(
                policy != LongPrompts.REFUSE || !ids.truncated(),
                "a prompt has %s tokens more than the %s that fit; shorten it by \"%s\", or allow cutting or windows",
                ids.droppedTokens(),
                tokenizer.maxLength() - 2,
                ids.dropped());
        return List.of(ids);
    }

    /** A token belongs to the part in which it ends; words that a part cuts in two count by the tokens of what is before the cut. */
    private static float[] weights(WeightedText text, ClipTokenizer tokenizer, Runnable checkpoint) {
        if (text.parts().stream().allMatch(part -> part.weight() == 1)) {
            return new float[0];
        }
        float[] weights = new float[0];
        for (WeightedText.Part part : text.parts()) {
            int from = weights.length;
            int to = Math.max(from, tokenizer.count(text.text().substring(0, part.end()), checkpoint));
            weights = Arrays.copyOf(weights, to);
            Arrays.fill(weights, from, to, part.weight());
        }
        return weights;
    }

    /** Returns the end of the text that no row has. */
    public Optional<String> dropped() {
        TokenIds last = windows.get(windows.size() - 1);
        return last.truncated() ? Optional.of(last.dropped()) : Optional.empty();
    }

    /**
     * Encodes texts: a row for each. Without weights and further windows the rows are those of the encoder.
     *
     * @return owned by the caller
     */
    public static HiddenStates encode(List<TextRows> texts, ClipTokenizer tokenizer, TextEncoder encoder) {
        List<TokenIds> rows = new ArrayList<>();
        texts.forEach(text -> rows.addAll(text.windows));
        if (rows.size() == texts.size() && texts.stream().allMatch(text -> text.weights.length == 0)) {
            return encoder.encode(rows);
        }
        rows.add(tokenizer.encode(""));
        try (HiddenStates states = encoder.encode(rows)) {
            return combined(texts, states);
        }
    }

    /** {@code states}: those of all windows, then those of the empty text. */
    private static HiddenStates combined(List<TextRows> texts, HiddenStates states) {
        StateRows rows = StateRows.of(states);
        float[] all = rows.values();
        int row = rows.row();
        float[] combined = new float[texts.size() * row];
        int window = 0;
        for (int text = 0; text < texts.size(); text++) {
            TextRows own = texts.get(text);
            for (int i = 0; i < own.windows.size(); i++, window++) {
                own.weigh(i, all, window * row, all.length - row, states.width(), states.tokens());
                for (int k = 0; k < row; k++) {
                    combined[text * row + k] += all[window * row + k] / own.windows.size();
                }
            }
        }
        return rows.with(combined).toStates();
    }

    /** Weighs one window in place: h becomes e + weight * (h - e). Its first token is the start of the text. */
    private void weigh(int window, float[] all, int from, int empty, int width, int tokens) {
        for (int token = 0; token < tokens - 2; token++) {
            int index = window * (tokens - 2) + token;
            if (index < weights.length && weights[index] != 1) {
                int place = (token + 1) * width;
                for (int k = place; k < place + width; k++) {
                    all[from + k] = all[empty + k] + weights[index] * (all[from + k] - all[empty + k]);
                }
            }
        }
    }
}
