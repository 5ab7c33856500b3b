package wurstchen;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import wurstchen.progress.CascadeStage;
import wurstchen.sampling.Guidance;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;
import wurstchen.text.TokenIds;

/**
 * The text side of one diffusion stage.
 *
 * @param stage whose text this is
 * @param tokenizer prompt to token ids
 * @param encoder token ids to hidden states
 */
record PromptEncoder(CascadeStage stage, ClipTokenizer tokenizer, TextEncoder encoder) {
    /**
     * Encodes the prompt and, if guidance is active, the negative prompt, once for all pictures of a request.
     *
     * @param checkpoint called now and then; what it throws ends the work
     */
    Encoded encode(PictureSettings settings, Guidance guidance, Runnable checkpoint) {
        List<TokenIds> rows = new ArrayList<>();
        List<DroppedText> dropped = new ArrayList<>();
        for (String text : texts(settings, guidance)) {
            TokenIds ids = tokenizer.encode(text, checkpoint);
            rows.add(ids);
            if (ids.truncated()) {
                dropped.add(new DroppedText(stage, text, ids.dropped()));
            }
        }
        HiddenStates states = encoder.encode(rows);
        return new Encoded(settings.blend().map(blend -> mixed(states, blend.share())).orElse(states), List.copyOf(dropped));
    }

    /** The texts of the request, then those of the other request that it is mixed with. */
    private static List<String> texts(PictureSettings settings, Guidance guidance) {
        List<String> texts = new ArrayList<>(texts(settings.prompt(), settings.negativePrompt(), guidance));
        settings.blend().ifPresent(blend -> texts.addAll(texts(blend.prompt(), blend.negativePrompt(), guidance)));
        return texts;
    }

    private static List<String> texts(String prompt, String negativePrompt, Guidance guidance) {
        return guidance.active() ? List.of(prompt, negativePrompt) : List.of(prompt);
    }

    /** Mixes the first half of the rows with the second one. */
    private static HiddenStates mixed(HiddenStates states, float share) {
        try (states) {
            float[] all = states.toHost();
            float[] mixed = new float[all.length / 2];
            for (int i = 0; i < mixed.length; i++) {
                mixed[i] = all[i] + share * (all[mixed.length + i] - all[i]);
            }
            return HiddenStates.onHost(states.rows() / 2, states.tokens(), states.width(), mixed);
        }
    }

    /**
     * The text of a request for one diffusion stage, to be closed when all pictures are made.
     *
     * @param states a row for the prompt and, in a guided run, one for the negative prompt
     * @param dropped what did not fit the tokenizer
     */
    record Encoded(HiddenStates states, List<DroppedText> dropped) implements AutoCloseable {
        /** Of a stage that does not run. */
        static Encoded none() {
            return new Encoded(HiddenStates.onHost(1, 1, 1, new float[1]), List.of());
        }

        /** Starts a run with the rows that a batch needs: the prompt for every picture, then the negative prompt for every picture. */
        DenoisingRun start(int pictures, Function<HiddenStates, DenoisingRun> start) {
            if (pictures == 1) {
                return start.apply(states);
            }
            int[] rows = IntStream.range(0, states.rows() * pictures).map(row -> row / pictures).toArray();
            try (HiddenStates repeated = states.select(rows)) {
                return start.apply(repeated);
            }
        }

        @Override
        public void close() {
            states.close();
        }
    }
}
