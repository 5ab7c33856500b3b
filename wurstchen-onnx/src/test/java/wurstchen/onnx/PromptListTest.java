package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.text.LongPrompts;
import wurstchen.text.Prompt;

/** Lists of prompts, and weights, with an exported model. */
class PromptListTest {
    private static final List<Prompt> PROMPTS = List.of(
            Prompt.of("a red apple"), new Prompt("a cat", "dog", OptionalLong.of(7)), new Prompt("", "blurry", OptionalLong.empty()));

    private final Wurstchen wurstchen = OnnxWurstchen.builder().model(Path.of("src/test/resources/tiny-bundle")).open();

    @AfterEach
    void close() {
        wurstchen.close();
    }

    private static PictureRequest.Builder request(String prompt) {
        return PictureRequest.builder(prompt).seed(1).size(384, 128).stageCSteps(3).stageBSteps(2).stageBGuidance(1.5f);
    }

    private List<GeneratedPicture> alone() {
        List<GeneratedPicture> pictures = new ArrayList<>();
        for (int i = 0; i < PROMPTS.size(); i++) {
            Prompt prompt = PROMPTS.get(i);
            PictureRequest.Builder one = request(prompt.text()).negativePrompt(prompt.negative()).seed(prompt.seed().orElse(1 + i));
            pictures.add(wurstchen.generate(one.build()).first());
        }
        return pictures;
    }

    @Test
    void listOneAtATime_isBitForBitThePicturesMadeAlone() {
        assertThat(wurstchen.generate(request("").prompts(PROMPTS).build()).pictures()).isEqualTo(alone());
    }

    @Test
    void listInABatch_differsByOneLevelAtMost() {
        List<GeneratedPicture> batch = wurstchen.generate(request("").prompts(PROMPTS).batchSize(3).build()).pictures();
        List<GeneratedPicture> alone = alone();

        for (int i = 0; i < PROMPTS.size(); i++) {
            byte[] expected = alone.get(i).picture().toBytes();
            byte[] found = batch.get(i).picture().toBytes();
            for (int k = 0; k < expected.length; k++) {
                assertThat(Math.abs((expected[k] & 0xff) - (found[k] & 0xff))).isLessThanOrEqualTo(1);
            }
        }
    }

    @Test
    void weightsOfOneAndWindowsOfAShortPrompt_changeNothing() {
        PictureRequest plain = request("a red apple").build();
        PictureRequest marked = request("a (red:1.0) apple").promptWeights(true).longPrompts(LongPrompts.WINDOWS).build();

        assertThat(wurstchen.generate(marked).first().picture()).isEqualTo(wurstchen.generate(plain).first().picture());
    }
}
