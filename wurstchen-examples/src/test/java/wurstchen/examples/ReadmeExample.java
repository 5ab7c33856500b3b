package wurstchen.examples;

import java.nio.file.Path;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.OnnxWurstchen;

/** The README's example, as it stands there, to be compiled, compared and run. */
final class ReadmeExample {
    private ReadmeExample() {}

    public static void main(String[] args) {
        // example
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(Path.of("model")).open()) {
            PictureRequest request = PictureRequest.builder("a red apple on a blue background")
                    .seed(42)
                    .build();
            wurstchen.generate(request).first().writePng(Path.of("apple.png"));
        }
        // end
    }
}
