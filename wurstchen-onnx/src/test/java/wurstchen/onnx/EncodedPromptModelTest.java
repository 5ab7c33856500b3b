package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.progress.CascadeStage;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.HiddenStates;

/** Hidden states in and out of an exported model, against the reference's prompt_embeds. */
class EncodedPromptModelTest {
    private static Wurstchen open(boolean lowMemory) {
        return OnnxWurstchen.builder().model(Golden.BUNDLE).device(Device.cpu()).lowMemory(lowMemory).open();
    }

    private static EncodedPrompt encoded(Wurstchen wurstchen, String prompt, String negative) {
        PictureRequest request = PictureRequest.builder(prompt).negativePrompt(negative).stopAfter(CascadeStage.TEXT).build();
        return wurstchen.generate(request).encodedPrompts().get(0);
    }

    /** The reference's decoder takes no hidden states: it gets the empty prompt. */
    @Test
    void mix_makesTheLatentsOfTheReferencesPromptEmbeds() {
        JsonNode mixed = Golden.mixed();
        String negative = mixed.get("negative_prompt").textValue();
        try (Wurstchen wurstchen = open(false)) {
            List<EncodedPrompt> prompts = new ArrayList<>();
            mixed.get("prompts").forEach(text -> prompts.add(encoded(wurstchen, text.textValue(), negative)));
            float[] weights = new float[prompts.size()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = mixed.get("weights").get(i).floatValue();
            }
            EncodedPrompt prompt =
                    EncodedPrompt.of(EncodedPrompt.mix(prompts, weights).stageC(), wurstchen.encode("").stageB());
            Map<CascadeStage, float[]> latents = new EnumMap<>(CascadeStage.class);

            wurstchen.generate(new Golden.Case(mixed).request()
                    .encodedPrompt(prompt)
                    .listener(step -> latents.put(step.stage(), step.latents().toHost()))
                    .build());

            Golden.assertLatents(latents.get(CascadeStage.STAGE_C), mixed.get("stage_c_latents"));
            Golden.assertLatents(latents.get(CascadeStage.STAGE_B), mixed.get("stage_b_latents"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void encodedTexts_makeThePictureOfTheTexts_bitForBit(boolean lowMemory) {
        try (Wurstchen wurstchen = open(lowMemory)) {
            for (String name : List.of("negative", "both-guided", "unguided", "stage-b-guided")) {
                PictureRequest texts = Golden.named(name).request().build();
                EncodedPrompt encoded = encoded(wurstchen, texts.prompt(), texts.negativePrompt());
                PictureRequest request = texts.toBuilder().encodedPrompt(encoded).build();

                assertThat(wurstchen.generate(request).first().picture())
                        .as(name)
                        .isEqualTo(wurstchen.generate(texts).first().picture());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void hiddenStatesOfAnotherWidth_areRefusedAtOnce(boolean lowMemory) {
        try (Wurstchen wurstchen = open(lowMemory)) {
            EncodedPrompt right = wurstchen.encode("");
            int width = right.stageC().width();
            HiddenStates wide = HiddenStates.onHost(2, 77, width + 1, new float[2 * 77 * (width + 1)]);
            PictureRequest request = PictureRequest.builder(EncodedPrompt.of(wide, right.stageB())).build();

            assertThatThrownBy(() -> wurstchen.generate(request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the hidden states of Stage C must have the shape [2, 77, %s], got [2, 77, %s]; encode the prompt with the"
                            + " model that makes the picture", width, width + 1);
        }
    }
}
