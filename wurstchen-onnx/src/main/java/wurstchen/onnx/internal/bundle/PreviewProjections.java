package wurstchen.onnx.internal.bundle;

import java.util.Arrays;
import java.util.Optional;
import wurstchen.image.LatentProjection;
import wurstchen.internal.SafeTensors;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.stage.LatentGeometry;

/**
 * The projections by which previews are made, as {@code python -m wurstchen_export previews} writes them into a bundle.
 *
 * @param stageC of Stage C latents
 * @param stageB of Stage B latents
 */
public record PreviewProjections(LatentProjection stageC, LatentProjection stageB) {
    private static final int COLOURS = 3;

    /** Far above the projections of any model: 16 channels to 32 px a cell have 1.8 MB. */
    private static final int MAX_BYTES = 16 << 20;

    /**
     * Reads a bundle's projections.
     *
     * @return both; empty if the manifest names none
     * @throws ModelBundleException if the file is not what it should be
     */
    public static Optional<PreviewProjections> of(VerifiedBundle bundle) {
        return bundle.manifest().previews().map(path -> read(path, bundle));
    }

    private static PreviewProjections read(String path, VerifiedBundle bundle) {
        LatentGeometry geometry = bundle.manifest().geometry();
        try {
            SafeTensors file = SafeTensors.read(bundle.read(path, MAX_BYTES).orElseThrow());
            return new PreviewProjections(
                    projection(file, "stage_c", geometry.stageCChannels()), projection(file, "stage_b", geometry.stageBChannels()));
        } catch (IllegalArgumentException e) {
            throw new ModelBundleException(path + ": " + OneLine.of(e.getMessage()) + "; write it with the exporter's command previews", e);
        }
    }

    private static LatentProjection projection(SafeTensors file, String stage, int channels) {
        SafeTensors.Tensor weight = tensor(file, stage + ".weight");
        SafeTensors.Tensor bias = tensor(file, stage + ".bias");
        int cellPixels = (int) Math.sqrt(bias.values().length / COLOURS);
        return new LatentProjection(channels, cellPixels, weight.values(), bias.values());
    }

    private static SafeTensors.Tensor tensor(SafeTensors file, String name) {
        SafeTensors.Tensor found = file.tensors().get(name);
        if (found == null) {
            throw new IllegalArgumentException(
                    "there is no tensor " + name + ", found only " + Arrays.toString(file.tensors().keySet().toArray()));
        }
        return found;
    }
}
