package wurstchen.onnx;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.OptionalDouble;
import wurstchen.PictureDefaults;
import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentScale;

/**
 * What {@code model.json} says of a bundle, checked. Every number of the model that the runtime needs is here; all of them come from the
 * configuration files of the source.
 *
 * @param about name, precision, provenance
 * @param geometry how sizes in px become latents
 * @param scales factors between the spaces of the stages
 * @param schedules the noise schedules of both diffusion stages
 * @param defaults what is used where a request says nothing
 * @param recommendedSizes the sizes that the model was trained for
 * @param tokenizers the tokenizers of both text encoders
 * @param graphs every graph by its name
 * @param files every file but {@code model.json} by its path
 */
public record Manifest(
        About about,
        LatentGeometry geometry,
        Scales scales,
        Schedules schedules,
        PictureDefaults defaults,
        ImmutableList<PictureSize> recommendedSizes,
        Tokenizers tokenizers,
        ImmutableMap<String, GraphSpec> graphs,
        ImmutableMap<String, BundleFile> files) {
    /** The file that describes the others. */
    public static final String FILE_NAME = "model.json";

    /** The value of {@code format}. */
    public static final String FORMAT = "wurstchen-bundle";

    /** The version of the format that this library reads. */
    public static final int FORMAT_VERSION = 2;

    /** The family of models that this library runs: the published Würstchen v2. */
    public static final String FAMILY = "wuerstchen-v2";

    /**
     * What a bundle is.
     *
     * @param family which architecture, {@value Manifest#FAMILY}
     * @param name a short name
     * @param description one sentence; may be empty
     * @param precision {@code fp32} or {@code fp16}: what the graphs compute in
     * @param weights {@code fp32}, {@code fp16} or {@code int8}: what the weights are stored in
     * @param provenance where it comes from
     */
    public record About(
            String family, String name, String description, String precision, String weights, Provenance provenance) {}

    /**
     * Where a bundle comes from.
     *
     * @param source the exported folder or repository
     * @param revision of the source
     * @param licence of the weights
     * @param exported the date, YYYY-MM-DD
     * @param tools the exporter's libraries and their versions
     */
    public record Provenance(
            String source, String revision, String licence, String exported, ImmutableMap<String, String> tools) {}

    /**
     * Factors between the spaces of the stages.
     *
     * @param latents between Stage C latents and semantic latents
     * @param stageA what Stage B latents are multiplied by before Stage A decodes them; the graphs do it, 0.3764 in the published models
     * @param compressor the semantic compressor's side of a picture divided by the picture's; empty if the model has no compressor
     */
    public record Scales(LatentScale latents, float stageA, OptionalDouble compressor) {}

    /**
     * The noise schedules.
     *
     * @param stageC Stage C's
     * @param stageB Stage B's
     */
    public record Schedules(CosineSchedule stageC, CosineSchedule stageB) {}

    /**
     * A picture's size.
     *
     * @param width px
     * @param height px
     */
    public record PictureSize(int width, int height) {
        @Override
        public String toString() {
            return width + "x" + height;
        }
    }

    /**
     * Both tokenizers.
     *
     * @param stageC of Stage C's text encoder
     * @param stageB of Stage B's text encoder
     */
    public record Tokenizers(TokenizerSpec stageC, TokenizerSpec stageB) {}

    /**
     * One tokenizer.
     *
     * @param folder inside the bundle
     * @param padToken what fills a row
     * @param maxLength tokens of a row
     */
    public record TokenizerSpec(String folder, String padToken, int maxLength) {}

    /**
     * One file of the bundle.
     *
     * @param path inside the bundle, names separated by {@code /}
     * @param size bytes
     * @param sha256 64 lower-case hexadecimal digits
     */
    public record BundleFile(String path, long size, String sha256) {}
}
