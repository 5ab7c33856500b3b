package wurstchen.onnx;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import wurstchen.PictureDefaults;
import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentScale;

/**
 * The checked contents of {@code model.json}. Contains every number of the model that the runtime needs; all of them come from the
 * configuration files of the source.
 *
 * <p>Immutable. Programs must not implement it: methods are added as the format grows.
 */
public interface Manifest {
    /** The file that describes the others. */
    String FILE_NAME = "model.json";

    /** The value of {@code format}. */
    String FORMAT = "wurstchen-bundle";

    /** The version of the format that this library reads. */
    int FORMAT_VERSION = 2;

    /**
     * Returns the description of the bundle.
     *
     * @return name, precision, provenance
     */
    About about();

    /**
     * Returns how sizes in px are converted to shapes of latents.
     *
     * @return the model's geometry
     */
    LatentGeometry geometry();

    /**
     * Returns the scale factors between the stages' latents.
     *
     * @return the model's scales
     */
    Scales scales();

    /**
     * Returns the noise schedules.
     *
     * @return of both diffusion stages
     */
    Schedules schedules();

    /**
     * Returns the defaults of a request.
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
     * @return of both text encoders
     */
    Tokenizers tokenizers();

    /**
     * Returns the graphs.
     *
     * @return every graph by its name, immutable
     */
    Map<String, GraphSpec> graphs();

    /**
     * Returns what the image encoder is given of a picture.
     *
     * @return how pictures become its input; empty if the model takes no image prompts
     */
    Optional<ImagePrompts> imagePrompts();

    /**
     * Returns the file of the projections by which previews are made.
     *
     * @return its path inside the bundle; empty if the model has none
     */
    Optional<String> previews();

    /**
     * Returns the files.
     *
     * @return every file but {@value #FILE_NAME} by its path, immutable
     */
    Map<String, BundleFile> files();

    /** Description of a bundle. Immutable; not to be implemented by programs. */
    interface About {
        /**
         * Returns the architecture.
         *
         * @return {@code wuerstchen-v2} or {@code stable-cascade}
         */
        String family();

        /**
         * Returns the model's name.
         *
         * @return a short name
         */
        String name();

        /**
         * Returns the description of the model.
         *
         * @return one sentence; may be empty
         */
        String description();

        /**
         * Returns the precision in which the graphs compute.
         *
         * @return {@code fp32} or {@code fp16}
         */
        String precision();

        /**
         * Returns the precision in which the weights are stored.
         *
         * @return {@code fp32}, {@code fp16} or {@code int8}
         */
        String weights();

        /**
         * Returns the provenance of the bundle.
         *
         * @return its source and its exporter
         */
        Provenance provenance();
    }

    /** Provenance of a bundle. Immutable; not to be implemented by programs. */
    interface Provenance {
        /**
         * Returns the exported source.
         *
         * @return a folder or repository
         */
        String source();

        /**
         * Returns the revision of the source.
         *
         * @return in the source's own numbering
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
         * Returns the tools that wrote the bundle.
         *
         * @return versions by name of the exporter's libraries, immutable
         */
        Map<String, String> tools();
    }

    /** Scale factors between the stages' latents. Immutable; not to be implemented by programs. */
    interface Scales {
        /**
         * Returns the conversion between Stage C latents and semantic latents.
         *
         * @return 42 and 1 in Würstchen v2; 1 and 0 in Stable Cascade, where both are one space
         */
        LatentScale latents();

        /**
         * Returns the factor of Stage B latents before Stage A decodes them; the graphs apply it.
         *
         * @return 0.3764 in the published models
         */
        float stageA();

        /**
         * Returns the ratio of the side of the semantic compressor's input to the side of the picture.
         *
         * @return the ratio; empty if the model has no compressor
         */
        OptionalDouble compressor();
    }

    /**
     * The noise schedules.
     *
     * @param stageC of Stage C
     * @param stageB of Stage B
     */
    record Schedules(CosineSchedule stageC, CosineSchedule stageB) {}

    /**
     * Size of a picture.
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
     * Both tokenizers, which are equal if the stages share a text encoder.
     *
     * @param stageC of Stage C's text encoder
     * @param stageB of Stage B's text encoder
     */
    record Tokenizers(TokenizerSpec stageC, TokenizerSpec stageB) {}

    /**
     * A tokenizer.
     *
     * @param folder inside the bundle
     * @param padToken fills a row to {@code maxLength}
     * @param maxLength tokens per row
     */
    record TokenizerSpec(String folder, String padToken, int maxLength) {}

    /**
     * How a picture becomes the input of the image encoder.
     *
     * @param resize px of the shorter side after a bicubic resize
     * @param crop px of the square in the middle, at most {@code resize}
     * @param mean of red, green and blue, of values in [0, 1]; immutable
     * @param std the deviations of red, green and blue, positive; immutable
     */
    record ImagePrompts(int resize, int crop, List<Float> mean, List<Float> std) {
        /** Copies the lists. */
        public ImagePrompts {
            mean = List.copyOf(mean);
            std = List.copyOf(std);
        }
    }

    /**
     * A file of the bundle.
     *
     * @param path inside the bundle, names separated by {@code /}
     * @param size bytes
     * @param sha256 64 lower-case hexadecimal digits
     */
    record BundleFile(String path, long size, String sha256) {}
}
