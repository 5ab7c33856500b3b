package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.fixtures.FormulaStages;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.HiddenStates;
import wurstchen.text.Prompt;

/** Hidden states as the end of a request, and as the beginning of others. A state of the formulas is a token's id. */
class EncodedPromptTest {
    private final FormulaStages stages = new FormulaStages();
    private final Wurstchen wurstchen = stages.pipeline().build();

    @AfterEach
    void close() {
        wurstchen.close();
    }

    private EncodedPrompt encoded(PictureRequest.Builder request) {
        return wurstchen.generate(request.stopAfter(CascadeStage.TEXT).build()).encodedPrompts().get(0);
    }

    private GeneratedPicture made(PictureRequest.Builder request) {
        return wurstchen.generate(request.seed(7).build()).first();
    }

    private static EncodedPrompt plain(int tokensC, float prompt, float negative) {
        return EncodedPrompt.of(states(tokensC, prompt, negative), states(5, prompt, negative));
    }

    private static HiddenStates states(int tokens, float prompt, float negative) {
        float[] values = new float[2 * tokens];
        Arrays.fill(values, 0, tokens, prompt);
        Arrays.fill(values, tokens, 2 * tokens, negative);
        return HiddenStates.onHost(2, tokens, 1, values);
    }

    private static float[] stageC(EncodedPrompt prompt) {
        return prompt.stageC().toHost();
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 2})
    void encodedPrompt_makesThePictureOfItsTexts(float stageBGuidance) {
        EncodedPrompt encoded = encoded(PictureRequest.builder("ab").negativePrompt("c"));
        GeneratedPicture expected = made(PictureRequest.builder("ab").negativePrompt("c").stageBGuidance(stageBGuidance));
        stages.clearCalls();

        GeneratedPicture made = made(PictureRequest.builder(encoded).stageBGuidance(stageBGuidance));

        assertThat(made.picture()).isEqualTo(expected.picture());
        assertThat(stages.calls()).noneMatch(call -> call.startsWith("encode"));
        assertThat(made(PictureRequest.builder("ab").stageBGuidance(stageBGuidance)).picture()).isNotEqualTo(expected.picture());
    }

    @Test
    void encodedPrompt_servesBatches() {
        EncodedPrompt encoded = wurstchen.encode("ab");
        PictureRequest texts = PictureRequest.builder("ab").seed(3).pictures(3).batchSize(2).build();
        List<GeneratedPicture> made = wurstchen.generate(texts.toBuilder().encodedPrompt(encoded).build()).pictures();

        assertThat(made).extracting(GeneratedPicture::picture).isEqualTo(
                wurstchen.generate(texts).pictures().stream().map(GeneratedPicture::picture).toList());
    }

    @Test
    void requestThatEndsWithTheText_runsNothingElse() {
        List<String> heard = new ArrayList<>();
        RequestListener listener = new RequestListener() {
            @Override
            public void onStep(CompletedStep step) {
                heard.add("step");
            }

            @Override
            public void onStageFinished(StageProgress stage) {
                heard.add(stage.stage() + " " + stage.progress());
            }
        };
        PictureRequest request =
                PictureRequest.builder("abcab").stopAfter(CascadeStage.TEXT).listener(listener).pictures(2).build();

        PictureResult result = wurstchen.generate(request);

        assertThat(request.stopAfter()).isEqualTo(CascadeStage.TEXT);
        assertThat(stages.calls()).containsExactly("encode 2", "encode 2");
        assertThat(heard).containsExactly("Text 1.0");
        assertThat(result.encodedPrompts()).hasSize(1);
        assertThat(result.finishedPictures()).isZero();
        assertThat(result.droppedTexts()).extracting(DroppedText::dropped).containsExactly("b", "ab");
        assertThatThrownBy(result::first)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the request ended with the text: take its hidden states with encodedPrompts()");
    }

    @Test
    void list_isEncodedPromptByPrompt() {
        List<Prompt> prompts = List.of(Prompt.of("a b"), new Prompt("c", "d", OptionalLong.of(9)));
        PictureRequest list = PictureRequest.builder("").prompts(prompts).stopAfter(CascadeStage.TEXT).build();

        assertThat(wurstchen.generate(list).encodedPrompts())
                .containsExactly(wurstchen.encode("a b"), encoded(PictureRequest.builder("c").negativePrompt("d")));
    }

    @Test
    void weightsAndWindows_areInTheHiddenStates() {
        PictureRequest.Builder weighted = PictureRequest.builder("(a:1.5) b").promptWeights(true);
        GeneratedPicture expected = made(weighted);

        assertThat(made(PictureRequest.builder(encoded(weighted))).picture()).isEqualTo(expected.picture());
    }

    @Test
    void settings_nameTheHiddenStates_whichMustBeGivenAgain() {
        EncodedPrompt encoded = wurstchen.encode("ab");
        GeneratedPicture made = made(PictureRequest.builder(encoded));
        PictureMetadata read = PictureMetadata.fromJson(made.metadata().toJson());

        assertThat(read).isEqualTo(made.metadata());
        assertThat(read.settings().toText()).containsEntry("encoded-prompt-sha256", encoded.sha256()).containsEntry("prompt", "");
        PictureRequest again = PictureRequest.from(read);
        assertThat(again.encodedPrompt()).isEmpty();
        assertThatThrownBy(() -> wurstchen.generate(again))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("settings name an encoded prompt by its SHA-256 " + encoded.sha256()
                        + " but do not hold it: set it with encodedPrompt(...)");
        assertThat(made(again.toBuilder().encodedPrompt(encoded))).isEqualTo(made);
    }

    @Test
    void textAndHiddenStates_replaceEachOther() {
        EncodedPrompt encoded = wurstchen.encode("ab");
        PictureRequest request = PictureRequest.builder("x").negativePrompt("y").encodedPrompt(encoded).build();

        assertThat(request.encodedPrompt()).hasValue(encoded);
        assertThat(request.prompt() + request.negativePrompt()).isEmpty();
        assertThat(request).hasToString(
                "PictureRequest[prompt=\"\", encodedPrompt=EncodedPrompt[Stage C [2, 6, 1], Stage B [2, 5, 1]] sha256:"
                        + encoded.sha256().substring(0, 12) + "]");
        assertThat(request.toBuilder().prompt("z").build().encodedPrompt()).isEmpty();
        assertThat(request.toBuilder().negativePrompt("z").build().encodedPrompt()).isEmpty();
        assertThat(request.toBuilder().prompts(List.of(Prompt.of("z"))).build().encodedPrompt()).isEmpty();
        assertThat(request).isEqualTo(PictureRequest.builder(wurstchen.encode("ab")).build());
        assertThat(request).isNotEqualTo(PictureRequest.builder(wurstchen.encode("ac")).build());
    }

    @Test
    void hiddenStatesOfAnotherShape_areRefusedAtOnce() {
        assertThatThrownBy(() -> made(PictureRequest.builder(plain(7, 1, 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the hidden states of Stage C must have the shape [2, 6, 1], got [2, 7, 1]; encode the prompt with the model that"
                        + " makes the picture");
        EncodedPrompt wide = EncodedPrompt.of(states(6, 1, 1), HiddenStates.onHost(2, 5, 2, new float[20]));
        assertThatThrownBy(() -> made(PictureRequest.builder(wide)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the hidden states of Stage B must have the shape [2, 5, 1], got [2, 5, 2]; encode the prompt with the model that"
                        + " makes the picture");
        assertThat(stages.calls()).isEmpty();
    }

    @Test
    void hiddenStatesOfAnotherModel_areRefusedAtOnce() {
        EncodedPrompt encoded = EncodedPrompt.of(states(6, 1, 1), states(5, 1, 1), "a".repeat(64));
        assertThatThrownBy(() -> made(PictureRequest.builder(encoded)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the hidden states were made by the model of SHA-256 " + "a".repeat(64) + ", this is formulas of SHA-256 "
                        + "f".repeat(64) + "; open the model that made them");
        assertThat(wurstchen.encode("a").modelSha256()).isEqualTo("f".repeat(64));
    }

    @Test
    void badHiddenStates_areRefused() {
        HiddenStates one = HiddenStates.onHost(1, 6, 1, new float[6]);
        assertRefused(
                () -> EncodedPrompt.of(one, states(5, 1, 1)),
                "the hidden states of Stage C must have 2 rows, the prompt and the negative prompt, got 1");
        assertRefused(() -> EncodedPrompt.of(states(6, 1, 1), states(5, Float.NaN, 1)), "the hidden states of Stage B must be finite, got NaN");
    }

    @Test
    void mix_isTheWeightedMean() {
        EncodedPrompt low = plain(6, 2, -4);
        EncodedPrompt high = plain(6, 10, 4);

        assertThat(stageC(EncodedPrompt.mix(List.of(low, high), 3, 1))).isEqualTo(stageC(plain(6, 4, -2)));
        assertThat(stageC(EncodedPrompt.mix(List.of(low, high), 1.5f, -0.5f))).isEqualTo(stageC(plain(6, -2, -8)));
        assertThat(EncodedPrompt.mix(List.of(low, high, high), 0.5f, 0.25f, 0.25f).stageB().toHost())
                .isEqualTo(plain(6, 6, 0).stageB().toHost());
    }

    @Test
    void mixOfOneThatCounts_isThatOne() {
        EncodedPrompt odd = plain(6, 0.1f, -0.0f);
        assertThat(EncodedPrompt.mix(List.of(odd, plain(6, 1, 1)), 0.7f, 0)).isEqualTo(odd);
        assertThat(EncodedPrompt.mix(List.of(odd), 3)).isEqualTo(odd);
    }

    /** The latents of the formulas depend on the prompt in proportion. */
    @Test
    void pictureOfAMix_liesBetween() {
        EncodedPrompt a = wurstchen.encode("a");
        EncodedPrompt z = wurstchen.encode("z");
        float[] first = latents(a);
        float[] last = latents(z);
        float[] between = latents(EncodedPrompt.mix(List.of(a, z), 0.75f, 0.25f));
        for (int i = 0; i < first.length; i++) {
            assertThat(between[i]).isCloseTo(first[i] + 0.25f * (last[i] - first[i]), within(1e-4f));
        }
        assertThat(between).isNotEqualTo(first);
    }

    private float[] latents(EncodedPrompt prompt) {
        PictureRequest request = PictureRequest.builder(prompt).seed(1).stopAfter(CascadeStage.STAGE_C).build();
        return wurstchen.generate(request).stageCLatents().get(0).toArray();
    }

    @Test
    void badMixes_areRefused() {
        EncodedPrompt a = plain(6, 1, 1);
        assertRefused(() -> EncodedPrompt.mix(List.of(a), 1, 2), "a mix needs one weight for each prompt, got 1 prompts and 2 weights");
        assertRefused(() -> EncodedPrompt.mix(List.of()), "a mix needs one weight for each prompt, got 0 prompts and 0 weights");
        assertRefused(() -> EncodedPrompt.mix(List.of(a, a), 1, -1), "the weights of a mix must have a sum above 0, got 0.0");
        assertRefused(() -> EncodedPrompt.mix(List.of(a), Float.NaN), "the weights of a mix must be finite, got NaN");
        assertRefused(
                () -> EncodedPrompt.mix(List.of(a, plain(7, 1, 1)), 1, 1),
                "the prompts of a mix must have hidden states of one shape, got EncodedPrompt[Stage C [2, 6, 1], Stage B [2, 5, 1]] and"
                        + " EncodedPrompt[Stage C [2, 7, 1], Stage B [2, 5, 1]]");
        EncodedPrompt one = EncodedPrompt.of(states(6, 1, 1), states(5, 1, 1), "aa");
        EncodedPrompt other = EncodedPrompt.of(states(6, 1, 1), states(5, 1, 1), "bb");
        assertRefused(
                () -> EncodedPrompt.mix(List.of(one, other), 1, 1),
                "hidden states of two models, of SHA-256 aa and bb, do not go together; encode both prompts with one model");
        assertThat(EncodedPrompt.mix(List.of(a, other), 1, 1).modelSha256()).isEqualTo("bb");
    }

    @Test
    void negativePromptOfAnother_isTakenOver() {
        assertThat(plain(6, 1, 2).withNegativeOf(plain(6, 3, 4))).isEqualTo(plain(6, 1, 4));
        assertRefused(
                () -> plain(6, 1, 2).withNegativeOf(plain(7, 3, 4)),
                "a negative prompt must have hidden states of the prompt's shape, got EncodedPrompt[Stage C [2, 6, 1], Stage B [2, 5, 1]] and"
                        + " EncodedPrompt[Stage C [2, 7, 1], Stage B [2, 5, 1]]");
    }

    @Test
    void listOrSeriesOfHiddenStates_isRefused() {
        EncodedPrompt encoded = wurstchen.encode("a");
        assertThatThrownBy(() -> PictureRequest.builder("").prompts(List.of(Prompt.of("a"))).encodedPrompt(encoded).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a list of prompts and an encoded prompt: leave out one of them, or send a request for each encoded prompt");
        PictureRequest end = PictureRequest.builder(encoded).seed(1).build();
        assertRefused(
                () -> end.seriesTo(end, 3),
                "an end of a series needs its prompt as a text: set one, or mix hidden states with EncodedPrompt.mix");
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
