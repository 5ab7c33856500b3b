package wurstchen.onnx.process.soak;

import java.util.List;
import java.util.OptionalLong;
import wurstchen.PictureRequest;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.Previews;
import wurstchen.text.Prompt;

/** What clients ask for. */
enum SoakKind {
    SQUARE,
    WIDE,
    LARGE,
    TWO_AT_A_TIME,
    LIST,
    PICTURE_IN,
    PREVIEWS,
    LATENTS;

    private static PictureRequest.Builder small(String prompt) {
        return PictureRequest.builder(prompt).seed(5).size(128, 128).stageCSteps(3).stageBSteps(2);
    }

    /** Returns a request, which gives the same pictures each time. */
    PictureRequest.Builder request(Picture picture) {
        return switch (this) {
            case SQUARE -> small("a red apple");
            case WIDE -> small("a lion on a blue background").size(256, 128).negativePrompt("a cat");
            case LARGE -> small("a house (at night:1.2)").promptWeights(true).size(384, 384);
            case TWO_AT_A_TIME -> small("a tree").pictures(2).batchSize(2);
            case LIST -> PictureRequest.builder("").prompts(List.of(Prompt.of("one"), new Prompt("two", "three", OptionalLong.of(9))))
                    .seed(5)
                    .size(128, 128)
                    .stageCSteps(3)
                    .stageBSteps(2);
            case PICTURE_IN -> small("a drawing").size(256, 256).image(picture).strength(0.5f);
            case PREVIEWS -> small("a bird").previews(Previews.every(1));
            case LATENTS -> small("a boat").stopAfter(CascadeStage.STAGE_C);
        };
    }
}
