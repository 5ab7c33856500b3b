package wurstchen.examples.cli.option;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.PictureSettings;
import wurstchen.onnx.Manifest;
import wurstchen.sampling.Timesteps;

/** The options that say how pictures are made, whatever they show: sizes, steps and guidance. */
public final class PictureOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--pictures",
            order = -10,
            paramLabel = "N",
            defaultValue = "1",
            description = {
                "How many pictures; picture i has seed + i. Default: ${DEFAULT-VALUE}. diffusers: num_images_per_prompt.",
                "Example: --pictures 4"
            })
    private int pictures;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "1",
            description = {
                "How many of them at a time: needs more memory, may change a pixel value by 1. Default: ${DEFAULT-VALUE}.",
                "Example: --batch-size 2"
            })
    private int batchSize;

    @Option(
            names = {"-W", "--width"},
            paramLabel = "PX",
            description = {"Default: the model's, 1024 in the published one. diffusers: width.", "Example: --width 256"})
    private Integer width;

    @Option(
            names = {"-H", "--height"},
            paramLabel = "PX",
            description = {"Default: the model's, 1024 in the published one. diffusers: height.", "Example: --height 384"})
    private Integer height;

    @Option(
            names = "--stage-c-steps",
            paramLabel = "N",
            description = {
                "1 to 1000 steps. Default: the model's, 60 in the published one. diffusers: prior_num_inference_steps.",
                "Example: --stage-c-steps 20"
            })
    private Integer stageCSteps;

    @Option(
            names = "--stage-c-timesteps",
            paramLabel = "LIST",
            description = {
                "The noise ratios that the steps go through, decreasing from 1 to 0, with commas between, or the word reference for the reference's list of 29 steps, or shifted:N:S"
                        + " for N steps at S times the noise, as the original Stable Cascade takes them with S = 2. In place of --stage-c-steps."
                        + " diffusers: prior_timesteps.",
                "Example: --stage-c-timesteps 1,0.9,0.7,0.4,0"
            })
    private Timesteps stageCTimesteps;

    @Option(
            names = "--stage-c-guidance",
            paramLabel = "W",
            description = {
                "How strongly to follow the prompt; 1 or below is off. Default: the model's, 4.0 in the published one."
                        + " diffusers: prior_guidance_scale.",
                "Example: --stage-c-guidance 6.5"
            })
    private Float stageCGuidance;

    @Option(
            names = "--stage-b-steps",
            paramLabel = "N",
            description = {
                "1 to 1000 steps. Default: the model's, 12 in the published one. diffusers: num_inference_steps.",
                "Example: --stage-b-steps 6"
            })
    private Integer stageBSteps;

    @Option(
            names = "--stage-b-timesteps",
            paramLabel = "LIST",
            description = {
                "The noise ratios that the steps go through, decreasing from 1 to 0, with commas between. In place of"
                        + " --stage-b-steps. diffusers: decoder_timesteps.",
                "Example: --stage-b-timesteps 1,0.5,0.2,0"
            })
    private Timesteps stageBTimesteps;

    @Option(
            names = "--stage-b-guidance",
            paramLabel = "W",
            description = {
                "As in Stage C; 1 or below is off. Default: the model's, 0.0 in the published one. diffusers: decoder_guidance_scale.",
                "Example: --stage-b-guidance 1.5"
            })
    private Float stageBGuidance;

    public int pictures() {
        return pictures;
    }

    public int batchSize() {
        return Math.min(batchSize, pictures);
    }

    /**
     * Sets what was given.
     *
     * @throws ParameterException naming the option, if a value is out of range
     */
    public void set(PictureRequest.Builder request) {
        OptionSetter options = new OptionSetter(spec);
        options.set("--pictures", pictures, request::pictures);
        options.set("--batch-size", batchSize, request::batchSize);
        options.set("--width", width, request::width);
        options.set("--height", height, request::height);
        options.set("--stage-c-steps", stageCSteps, request::stageCSteps);
        checkOnce("--stage-c-steps", stageCSteps, "--stage-c-timesteps", stageCTimesteps);
        options.set("--stage-c-timesteps", stageCTimesteps, request::stageCTimesteps);
        options.set("--stage-c-guidance", stageCGuidance, request::stageCGuidance);
        options.set("--stage-b-steps", stageBSteps, request::stageBSteps);
        checkOnce("--stage-b-steps", stageBSteps, "--stage-b-timesteps", stageBTimesteps);
        options.set("--stage-b-timesteps", stageBTimesteps, request::stageBTimesteps);
        options.set("--stage-b-guidance", stageBGuidance, request::stageBGuidance);
    }

    private void checkOnce(String first, Object firstValue, String second, Object secondValue) {
        if (firstValue != null && secondValue != null) {
            throw new ParameterException(spec.commandLine(), "both " + first + " and " + second + ": leave out one of them");
        }
    }

    /**
     * Checks the size of what will be made, and how many pictures at a time, before anything is computed.
     *
     * @return a note if the model was not trained for the size
     * @throws ParameterException if the model cannot make it
     */
    public Optional<String> checkSize(PictureSettings settings, Manifest manifest) {
        try {
            manifest.geometry().checkBatch(batchSize(), settings.height(), settings.width());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        List<Manifest.PictureSize> recommended = manifest.recommendedSizes();
        if (recommended.isEmpty() || recommended.contains(new Manifest.PictureSize(settings.width(), settings.height()))) {
            return Optional.empty();
        }
        String sizes = recommended.stream().map(size -> size.width() + " x " + size.height()).collect(Collectors.joining(", "));
        return Optional.of("this model was not trained for " + settings.width() + " x " + settings.height() + " px; recommended: " + sizes);
    }
}
