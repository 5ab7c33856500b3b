package wurstchen.examples;

import java.nio.file.Path;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/** One prompt, one picture: apple.png. */
public final class OnePicture {
    private OnePicture() {}

    /**
     * Makes the picture.
     *
     * @param args the file to write; apple.png if left out
     */
    public static void main(String... args) {
        try (ModelBundle model = EmbeddedModel.open();
                Wurstchen wurstchen = OnnxWurstchen.builder().model(model).open()) {
            PictureRequest request = PictureRequest.builder("a red apple").seed(42).build();
            wurstchen.generate(request).first().writePng(Path.of(args.length > 0 ? args[0] : "apple.png"));
        }
    }
}
