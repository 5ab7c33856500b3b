package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Optional;
import java.util.OptionalDouble;
import wurstchen.PictureDefaults;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentScale;

/** A manifest that was read and checked. */
record ReadManifest(
        Manifest.About about,
        LatentGeometry geometry,
        Manifest.Scales scales,
        Manifest.Schedules schedules,
        PictureDefaults defaults,
        ImmutableList<Manifest.PictureSize> recommendedSizes,
        Manifest.Tokenizers tokenizers,
        ImmutableMap<String, GraphSpec> graphs,
        Optional<Manifest.ImagePrompts> imagePrompts,
        Optional<String> previews,
        ImmutableMap<String, Manifest.BundleFile> files)
        implements Manifest {
    /** Description of the bundle. */
    record ReadAbout(
            String family, String name, String description, String precision, String weights, Manifest.Provenance provenance)
            implements Manifest.About {}

    /** Provenance of the bundle. */
    record ReadProvenance(String source, String revision, String licence, String exported, ImmutableMap<String, String> tools)
            implements Manifest.Provenance {}

    /** Scale factors. */
    record ReadScales(LatentScale latents, float stageA, OptionalDouble compressor) implements Manifest.Scales {}
}
