package wurstchen.onnx;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import wurstchen.PictureDefaults;
import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentScale;

/**
 * What {@code model.json} says of a bundle, checked. Every number of the model that the runtime needs is here; all of them come from the
 * configuration files of the source.
 *
 * <p>Immutable. Not to be implemented by programs: it gets more methods as the format grows.
 */
public interface Manifest {
    /** The file that describes the others. */
    String FILE_NAME = "model.json";

    /** The value of {@code format}. */
    String FORMAT = "wurstchen-bundle";

    /** The version of the format that this library reads. */
    int FORMAT_VERSION = 2;

    /** The family of models that this library runs: the published Würstchen v2. */
    String FAMILY = "wuerstchen-v2";

    /**
     * Returns what the bundle is.
     *
     * @return name, precision, provenance
     */
    About about();

    /**
     * Returns how sizes in px become latents.
     *
     * @return the model's geometry
     */
    LatentGeometry geometry();

    /**
     * Returns the factors between the spaces of the stages.
     *
     * @return the model's scales
     */
    Scales scales();

    /**
     * Returns the noise schedules.
     *
     * @return those of both diffusion stages
     */
    Schedules schedules();

    /**
     * Returns what is used where a request says nothing.
     *
     * @return the model's recommendation
     */
    PictureDefaults defaults();

    /**
     * Returns the sizes that the model was trained for.
     *
     * @return immutable
     */
    List<PictureSize> recommendedSizes();

    /**
     * Returns the tokenizers.
     *
     * @return those of both text encoders
     */
    Tokenizers tokenizers();

    /**
     * Returns the graphs.
     *
     * @return every graph by its name, immutable
     */
    Map<String, GraphSpec> graphs();

    /**
     * Returns the files.
     *
     * @return every file but {@value #FILE_NAME} by its path, immutable
     */
    Map<String, BundleFile> files();

    /** What a bundle is. Immutable; not to be implemented by programs. */
    interface About {
        /**
         * Returns the architecture.
         *
         * @return {@value Manifest#FAMILY}
         */
        String family();

        /**
         * Returns the model's name.
         *
         * @return a short name
         */
        String name();

        /**
         * Returns what the model is.
         *
         * @return one sentence; may be empty
         */
        String description();

        /**
         * Returns what the graphs compute in.
         *
         * @return {@code fp32} or {@code fp16}
         */
        String precision();

        /**
         * Returns what the weights are stored in.
         *
         * @return {@code fp32}, {@code fp16} or {@code int8}
         */
        String weights();

        /**
         * Returns where the bundle comes from.
         *
         * @return its source and its exporter
         */
        Provenance provenance();
    }

    /** Where a bundle comes from. Immutable; not to be implemented by programs. */
    interface Provenance {
        /**
         * Returns what was exported.
         *
         * @return a folder or repository
         */
        String source();

        /**
         * Returns the revision of the source.
         *
         * @return as the source counts them
         */
        String revision();

        /**
         * Returns the licence of the weights.
         *
         * @return its name
         */
        String licence();

        /**
         * Returns when the bundle was written.
         *
         * @return the date, YYYY-MM-DD
         */
        String exported();

        /**
         * Returns what wrote the bundle.
         *
         * @return the exporter's libraries to their versions, immutable
         */
        Map<String, String> tools();
    }

    /** Factors between the spaces of the stages. Immutable; not to be implemented by programs. */
    interface Scales {
        /**
         * Returns the step between Stage C latents and semantic latents.
         *
         * @return 42 and 1 in the published models
         */
        LatentScale latents();

        /**
         * Returns what Stage B latents are multiplied by before Stage A decodes them; the graphs do it.
         *
         * @return 0.3764 in the published models
         */
        float stageA();

        /**
         * Returns how the semantic compressor's side of a picture relates to the picture's.
         *
         * @return their quotient; empty if the model has no compressor
         */
        OptionalDouble compressor();
    }

    /**
     * The noise schedules.
     *
     * @param stageC Stage C's
     * @param stageB Stage B's
     */
    record Schedules(CosineSchedule stageC, CosineSchedule stageB) {}

    /**
     * A picture's size.
     *
     * @param width px
     * @param height px
     */
    record PictureSize(int width, int height) {
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
    record Tokenizers(TokenizerSpec stageC, TokenizerSpec stageB) {}

    /**
     * One tokenizer.
     *
     * @param folder inside the bundle
     * @param padToken what fills a row
     * @param maxLength tokens of a row
     */
    record TokenizerSpec(String folder, String padToken, int maxLength) {}

    /**
     * One file of the bundle.
     *
     * @param path inside the bundle, names separated by {@code /}
     * @param size bytes
     * @param sha256 64 lower-case hexadecimal digits
     */
    record BundleFile(String path, long size, String sha256) {}
}
