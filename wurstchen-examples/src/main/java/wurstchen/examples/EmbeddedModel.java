package wurstchen.examples;

import com.google.common.hash.Hashing;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundle;

/**
 * The miniature model that comes in the jar, for a first picture without a download.
 *
 * <p>Its files are an artifact of their own, {@code wurstchen-onnx} with the classifier {@code model}: with it on the class path,
 * {@code ModelBundle.openResource(classLoader, "wurstchen/model")} opens the same model.
 */
public final class EmbeddedModel {
    /** The class-path folder that holds the model's {@code model.json} and everything the manifest lists. */
    public static final String RESOURCE = "wurstchen/model";

    private EmbeddedModel() {}

    /**
     * Opens the model: checks every file against the manifest, before the engine reads one.
     *
     * @return the verified bundle, owned by the caller, to be closed after the pipelines that use it
     * @throws wurstchen.WurstchenException if the model is not on the class path, or not as its manifest says
     */
    public static ModelBundle open() {
        return ModelBundle.openResource(EmbeddedModel.class, RESOURCE);
    }

    /**
     * Returns the hash that identifies the model, without opening it.
     *
     * @return the SHA-256 of its manifest, 64 lower-case hexadecimal digits
     */
    public static String manifestSha256() {
        try {
            return Resources.asByteSource(Resources.getResource(RESOURCE + "/" + Manifest.FILE_NAME)).hash(Hashing.sha256()).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
