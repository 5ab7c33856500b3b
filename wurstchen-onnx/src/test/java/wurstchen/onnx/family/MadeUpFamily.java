package wurstchen.onnx.family;

import static com.google.common.base.Preconditions.checkState;

import java.nio.file.Path;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.bundle.Family;

/** A third family, as somebody would add one: a class, and its name in META-INF/services. Its tokenizers and text encoders have other names. */
public final class MadeUpFamily implements Family {
    private static final String NAME = "made-up";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String tokenizerC() {
        return "composer";
    }

    @Override
    public String tokenizerB() {
        return "painter";
    }

    @Override
    public String textEncoderC() {
        return "reader_of_the_composer";
    }

    @Override
    public String textEncoderB() {
        return "reader_of_the_painter";
    }

    @Override
    public void check(Manifest manifest) {
        checkState(manifest.graphs().containsKey(textEncoderC()), "asked for another family's graphs");
    }

    /** What a program with this family on its class path does. Arguments: the bundle and the picture's file. */
    static final class Program {
        private Program() {}

        public static void main(String[] args) {
            try (Wurstchen wurstchen = OnnxWurstchen.builder().model(Path.of(args[0])).open()) {
                wurstchen.generate(PictureRequest.builder("a cat").seed(1).size(128, 128).build()).first().writePng(Path.of(args[1]));
            }
        }
    }
}
