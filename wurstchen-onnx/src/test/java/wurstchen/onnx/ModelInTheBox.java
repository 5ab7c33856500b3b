package wurstchen.onnx;

import java.nio.file.Path;

/** The model that the artifact with the classifier {@code model} holds, where it lies in the sources. */
public final class ModelInTheBox {
    public static final Path FOLDER = Path.of("src/main/model/wurstchen/model");

    private ModelInTheBox() {}
}
