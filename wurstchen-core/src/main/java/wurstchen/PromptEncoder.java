package wurstchen;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import wurstchen.internal.StateRows;
import wurstchen.internal.TextRows;
import wurstchen.progress.CascadeStage;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;
import wurstchen.text.LongPrompts;

/**
 * The text side of one diffusion stage.
 *
 * @param stage whose text this is
 * @param tokenizer prompt to token ids
 * @param encoder token ids to hidden states
 */
record PromptEncoder(CascadeStage stage, ClipTokenizer tokenizer, TextEncoder encoder) {
    /**
     * Encodes the prompt, once for all pictures of a request, or those of each of its list; hidden states that it has are taken as they are.
     *
     * @param guided whether the negative prompt is encoded too
     * @param checkpoint called now and then; what it throws ends the work
     */
    Encoded encode(PictureSettings settings, boolean guided, Runnable checkpoint) {
        List<HiddenStates> each = new ArrayList<>();
        Set<DroppedText> dropped = new LinkedHashSet<>();
        try {
            for (int i = 0; i < settings.prompts(); i++) {
                each.add(encodeOne(settings.prompts() == 1 ? settings : settings.picture(i), guided, dropped, checkpoint));
            }
        } catch (RuntimeException | Error e) {
            each.forEach(HiddenStates::close);
            throw e;
        }
        return new Encoded(List.copyOf(each), List.copyOf(dropped));
    }

    /** Refuses prompts that are too long. */
    void checkLengths(PictureSettings settings, boolean guided) {
        texts(settings, guided).forEach(text -> TextRows.of(text, settings.promptWeights(), LongPrompts.REFUSE, tokenizer, () -> {}));
    }

    private HiddenStates encodeOne(PictureSettings settings, boolean guided, Set<DroppedText> dropped, Runnable checkpoint) {
        if (settings.encodedPrompt().isPresent()) {
            EncodedPrompt encoded = settings.encodedPrompt().get().value().orElseThrow();
            HiddenStates both = stage == CascadeStage.STAGE_C ? encoded.stageC() : encoded.stageB();
            return guided ? both : both.select(0);
        }
        List<TextRows> texts = new ArrayList<>();
        for (String text : texts(settings, guided)) {
            TextRows rows = TextRows.of(text, settings.promptWeights(), settings.longPrompts(), tokenizer, checkpoint);
            texts.add(rows);
            rows.dropped().ifPresent(end -> dropped.add(new DroppedText(stage, text, end)));
        }
        HiddenStates states = TextRows.encode(texts, tokenizer, encoder);
        return settings.blend().map(blend -> mixed(states, blend.share())).orElse(states);
    }

    /** The texts of the request, then those of the other request that it is mixed with. */
    private static List<String> texts(PictureSettings settings, boolean guided) {
        List<String> texts = new ArrayList<>(texts(settings.prompt(), settings.negativePrompt(), guided));
        settings.blend().ifPresent(blend -> texts.addAll(texts(blend.prompt(), blend.negativePrompt(), guided)));
        return texts;
    }

    private static List<String> texts(String prompt, String negativePrompt, boolean guided) {
        return guided ? List.of(prompt, negativePrompt) : List.of(prompt);
    }

    /** Mixes the first half of the rows with the second one. */
    private static HiddenStates mixed(HiddenStates states, float share) {
        try (states) {
            StateRows rows = StateRows.of(states);
            float[] all = rows.values();
            float[] mixed = new float[all.length / 2];
            for (int i = 0; i < mixed.length; i++) {
                mixed[i] = all[i] + share * (all[mixed.length + i] - all[i]);
            }
            return rows.with(mixed).toStates();
        }
    }

    /**
     * The text of a request for one diffusion stage, to be closed when all pictures are made.
     *
     * @param each one for all pictures, or one for each: a row for the prompt and, in a guided run, one for the negative prompt
     * @param dropped what did not fit the tokenizer
     */
    record Encoded(List<HiddenStates> each, List<DroppedText> dropped) implements AutoCloseable {
        /** Of a stage that does not run. */
        static Encoded none() {
            return new Encoded(List.of(HiddenStates.onHost(1, 1, 1, new float[1])), List.of());
        }

        /** Returns copies for a stage that reads the prompts, and the negative ones if it is guided. */
        Encoded of(boolean guided) {
            return new Encoded(each.stream().map(states -> guided ? states.select(0, 1) : states.select(0)).toList(), dropped);
        }

        /** Starts a run with the rows that a batch needs: the prompt of every picture, then the negative prompt of every picture. */
        DenoisingRun start(int first, int pictures, Function<HiddenStates, DenoisingRun> start) {
            if (pictures == 1) {
                return start.apply(each.size() == 1 ? each.get(0) : each.get(first));
            }
            try (HiddenStates rows = each.size() == 1 ? repeated(each.get(0), pictures) : joined(each.subList(first, first + pictures))) {
                return start.apply(rows);
            }
        }

        private static HiddenStates repeated(HiddenStates states, int pictures) {
            return states.select(IntStream.range(0, states.rows() * pictures).map(row -> row / pictures).toArray());
        }

        private static HiddenStates joined(List<HiddenStates> pictures) {
            StateRows any = StateRows.of(pictures.get(0));
            int row = any.row();
            int halves = any.values().length / row;
            float[] joined = new float[pictures.size() * halves * row];
            for (int picture = 0; picture < pictures.size(); picture++) {
                float[] own = StateRows.of(pictures.get(picture)).values();
                for (int half = 0; half < halves; half++) {
                    System.arraycopy(own, half * row, joined, (half * pictures.size() + picture) * row, row);
                }
            }
            return any.with(joined).toStates();
        }

        @Override
        public void close() {
            each.forEach(HiddenStates::close);
        }
    }
}
