package wurstchen.onnx.internal.bundle;

import java.util.Set;

/** What reads a bundle's files, for the fuzz targets. */
public final class BundleReaders {
    private BundleReaders() {}

    /** Reads a manifest, as when a bundle is opened. */
    public static void readManifest(byte[] manifest) {
        ManifestReader.read(manifest);
    }

    /** Reads a graph, as when a bundle is verified and its weights are read. */
    public static void readGraph(byte[] graph) {
        GraphSize.check("graph.onnx", graph);
        ExternalData.check("graph.onnx", graph, Set.of("graph.onnx.data"));
        ExternalTensors.of("graph.onnx", graph);
    }
}
