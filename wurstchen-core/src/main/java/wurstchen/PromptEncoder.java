package wurstchen;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import wurstchen.sampling.Guidance;
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
    /** Rows: the prompt for every picture, then, if guidance is active, the negative prompt for every picture. */
    HiddenStates encode(PictureSettings settings, Guidance guidance, int pictures) {
        List<TokenIds> rows = new ArrayList<>();
        for (String text : texts(settings, guidance)) {
            rows.addAll(Collections.nCopies(pictures, tokenizer.encode(text)));
        }
        return encoder.encode(rows);
    }

    ImmutableList<DroppedText> droppedTexts(PictureSettings settings, Guidance guidance) {
        ImmutableList.Builder<DroppedText> dropped = ImmutableList.builder();
        for (String text : texts(settings, guidance)) {
            TokenIds ids = tokenizer.encode(text);
            if (ids.truncated()) {
                dropped.add(new DroppedText(stage, text, ids.dropped()));
            }
        }
        return dropped.build();
    }

    private static List<String> texts(PictureSettings settings, Guidance guidance) {
        return guidance.active() ? List.of(settings.prompt(), settings.negativePrompt()) : List.of(settings.prompt());
    }
}
