package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.internal.cache.FileStamp;
import wurstchen.onnx.internal.common.ExternalTensor;

/**
 * A graph in a folder of the cache.
 *
 * @param files of the folder
 * @param listed in the folder's list, by name
 * @param stamps of the files, before they were verified
 * @param verified when
 * @param model its bytes, compared with the list
 */
@SuppressWarnings("ArrayRecordComponent")
record KeptGraph(
        KeptFiles files, ImmutableMap<String, BundleFile> listed, Map<String, FileStamp> stamps, Instant verified, byte[] model)
        implements GraphFile {
    /** The file of the graph. */
    static final String MODEL = "model.onnx";

    @Override
    public Optional<Path> folder() {
        return files.folder();
    }

    @Override
    public ImmutableList<ExternalTensor> external() {
        return WeightReader.external(MODEL, model);
    }

    @Override
    public ImmutableList<WeightBytes> readWeights() {
        return new WeightReader(files, listed).read(MODEL, model);
    }

    @Override
    public boolean isUnchanged() {
        Map<String, FileStamp> now = new BundleCheck(files, listed).stamps();
        return now.equals(stamps) && stamps.values().stream().allMatch(stamp -> stamp.tellsWritesFrom(verified));
    }
}
