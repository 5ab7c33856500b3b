package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Optional;
import wurstchen.onnx.internal.common.ExternalTensor;

/**
 * A graph of a bundle.
 *
 * @param bundle verified
 * @param path of the graph in the bundle
 * @param model its bytes, compared with the manifest
 */
@SuppressWarnings("ArrayRecordComponent")
record BundleGraph(VerifiedBundle bundle, String path, byte[] model) implements GraphFile {
    @Override
    public Optional<Path> folder() {
        return bundle.folder().map(folder -> folder.resolve(path).toAbsolutePath().getParent());
    }

    @Override
    public ImmutableList<ExternalTensor> external() {
        return WeightReader.external(path, model);
    }

    @Override
    public ImmutableList<WeightBytes> readWeights() {
        return bundle.readWeights(path, model);
    }

    @Override
    public boolean isUnchanged() {
        String folder = path.substring(0, path.lastIndexOf('/') + 1);
        return ExternalData.locations(path, model).stream().distinct().allMatch(location -> bundle.isUnchanged(folder + location));
    }
}
