package consumer;

import java.nio.file.Path;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/** Makes a picture with a model of the class path or module path. */
public final class OnePicture {
    private OnePicture() {}

    /** Takes the resource folder of the model and the file to write. */
    public static void main(String[] args) {
        try (ModelBundle model = ModelBundle.openResource(OnePicture.class, args[0]);
                Wurstchen wurstchen = OnnxWurstchen.builder().model(model).open()) {
            PictureRequest request = PictureRequest.builder("a red apple on a blue background").seed(1).build();
            wurstchen.generate(request).first().writePng(Path.of(args[1]));
        }
    }
}
