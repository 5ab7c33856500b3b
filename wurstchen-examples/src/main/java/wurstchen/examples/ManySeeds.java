package wurstchen.examples;

import java.nio.file.Path;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/** One prompt, four pictures, each written as soon as it is finished: the one that its seed alone would make. */
public final class ManySeeds {
    private ManySeeds() {}

    /**
     * Makes the pictures.
     *
     * @param args the folder to write to; this one if left out
     */
    public static void main(String... args) {
        Path folder = Path.of(args.length > 0 ? args[0] : "");
        try (ModelBundle model = EmbeddedModel.open();
                Wurstchen wurstchen = OnnxWurstchen.builder().model(model).open()) {
            wurstchen.generate(PictureRequest.builder("a blue car")
                    .seed(7)
                    .pictures(4)
                    .stageCSteps(20)
                    .consumer(picture -> picture.writePng(folder.resolve("car-seed-" + picture.settings().seed() + ".png")))
                    .build());
        }
    }
}
