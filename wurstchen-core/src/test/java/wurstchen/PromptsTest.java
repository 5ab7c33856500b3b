package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.text.LongPrompts;
import wurstchen.text.Prompt;

/** Lists of prompts, weights and long prompts. Tokenizers take 4 letters in Stage C and 3 in Stage B. */
class PromptsTest {
    private final Wurstchen wurstchen = new FormulaStages().pipeline().build();

    @AfterEach
    void close() {
        wurstchen.close();
    }

    private static PictureRequest.Builder request(String prompt) {
        return PictureRequest.builder(prompt).seed(7).stageBGuidance(2);
    }

    private GeneratedPicture picture(PictureRequest.Builder request) {
        return wurstchen.generate(request.build()).first();
    }

    private static final List<Prompt> LIST =
            List.of(Prompt.of("a b"), new Prompt("c", "d", OptionalLong.of(99)), new Prompt("", "a", OptionalLong.empty()));

    private List<GeneratedPicture> alone() {
        return List.of(
                picture(request("a b")), picture(request("c").negativePrompt("d").seed(99)), picture(request("").negativePrompt("a").seed(9)));
    }

    @Test
    void list_isThePicturesMadeAlone() {
        PictureRequest list = request("ignored").prompts(LIST).build();

        assertThat(list.pictures()).isEqualTo(3);
        assertThat(wurstchen.generate(list).pictures()).isEqualTo(alone());
    }

    @Test
    void listInBatches_isThePicturesMadeAlone() {
        for (int batch : new int[] {2, 3}) {
            assertThat(wurstchen.generate(request("ignored").prompts(LIST).batchSize(batch).build()).pictures()).isEqualTo(alone());
        }
    }

    @Test
    void pictureOfAList_saysItsOwnPrompt() {
        GeneratedPicture second = wurstchen.generate(request("ignored").prompts(LIST).build()).pictures().get(1);

        assertThat(second.settings().prompt()).isEqualTo("c");
        assertThat(second.settings().negativePrompt()).isEqualTo("d");
        assertThat(picture(second.settings().toRequest().toBuilder())).isEqualTo(second);
    }

    @Test
    void listWithAnotherNumberOfPictures_isRefused() {
        assertThatThrownBy(() -> request("").prompts(LIST).pictures(2).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a list of 3 prompts makes as many pictures, got 2; leave the number out");
        assertThatThrownBy(() -> request("").prompts(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a list must have 1 to 1000 prompts, got 0; send several requests");
    }

    @Test
    void weightsOfOne_areNoWeights() {
        assertThat(picture(request("(a:1.0) [(b:1.1)]").promptWeights(true)).picture()).isEqualTo(picture(request("a b")).picture());
        assertThat(picture(request("a b").promptWeights(true)).picture()).isEqualTo(picture(request("a b")).picture());
    }

    @Test
    void weights_changeThePictureAndAreItsSettings() {
        GeneratedPicture weighted = picture(request("(a:1.5) b").promptWeights(true));

        assertThat(weighted.picture()).isNotEqualTo(picture(request("a b")).picture());
        assertThat(picture(request("(a:1.5) b")).picture()).isNotEqualTo(weighted.picture());
        assertThat(weighted.settings().toText()).containsEntry("prompt-weights", "true");
        assertThat(picture(PictureSettings.fromText(weighted.settings().toText()).toRequest().toBuilder())).isEqualTo(weighted);
    }

    /** The state of an empty prompt is that of the weight 0, at every place of the text but not behind it. */
    @Test
    void weightOfZero_takesTheTokensAway() {
        assertThat(picture(request("(abcd:0)").promptWeights(true).stageBGuidance(0)).picture())
                .isNotEqualTo(picture(request("abcd").stageBGuidance(0)).picture());
    }

    @Test
    void wrongBrackets_areRefusedWhenTheRequestIsBuilt() {
        assertThatThrownBy(() -> request("a").negativePrompt("(b").promptWeights(true).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("prompt weights, character 1 (»(b): '(' is never closed; write \\( for the character itself");
        assertThat(request("(a").build().prompt()).isEqualTo("(a");
    }

    @Test
    void windowsOfAShortPrompt_areNoWindows() {
        assertThat(picture(request("abc").longPrompts(LongPrompts.WINDOWS)).picture()).isEqualTo(picture(request("abc")).picture());
    }

    @Test
    void windowsOfALongPrompt_dropNothing() {
        PictureResult cut = wurstchen.generate(request("abcdabcdabcd").build());
        PictureResult windows = wurstchen.generate(request("abcdabcdabcd").longPrompts(LongPrompts.WINDOWS).build());

        assertThat(cut.droppedTexts()).hasSize(2);
        assertThat(windows.droppedTexts()).isEmpty();
        assertThat(windows.first().picture()).isNotEqualTo(cut.first().picture());
        assertThat(windows.first().settings().toText()).containsEntry("long-prompts", "windows");
        assertThat(picture(PictureSettings.fromText(windows.first().settings().toText()).toRequest().toBuilder())).isEqualTo(windows.first());
    }

    @Test
    void longPrompt_isRefusedOnRequest() {
        assertThat(picture(request("abc").longPrompts(LongPrompts.REFUSE)).picture()).isEqualTo(picture(request("abc")).picture());
        assertThatThrownBy(() -> wurstchen.generate(request("abcdab").longPrompts(LongPrompts.REFUSE).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a prompt has 2 tokens more than the 4 that fit; shorten it by \"ab\", or allow cutting or windows");
    }
}
