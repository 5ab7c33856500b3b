package wurstchen.examples;

import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;

/** The options that say what to make: a {@link PictureRequest} on the command line. */
final class PictureOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "PROMPT",
            description = {"What to show; several words in quotes. May be empty.", "Example: \"a red apple\""})
    private String prompt;

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            description = {
                "What to keep away from; read by a stage whose guidance is above 1. Default: empty. diffusers: negative_prompt.",
                "Example: --negative-prompt blurry"
            })
    private String negativePrompt;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = {
                "Any 64-bit number; the same seed makes the same picture. Default: a random one, which is printed."
                        + " diffusers: generator=torch.Generator(\"cpu\").manual_seed(N).",
                "Example: --seed 42"
            })
    private Long seed;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "1",
            description = {
                "How many pictures; picture i has seed + i. Default: ${DEFAULT-VALUE}. diffusers: num_images_per_prompt.",
                "Example: --images 4"
            })
    private int images;

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
            names = "--width",
            paramLabel = "PX",
            description = {"Default: the model's, 1024 in the published one. diffusers: width.", "Example: --width 256"})
    private Integer width;

    @Option(
            names = "--height",
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
            names = "--stage-b-guidance",
            paramLabel = "W",
            description = {
                "As in Stage C; 1 or below is off. Default: the model's, 0.0 in the published one. diffusers: decoder_guidance_scale.",
                "Example: --stage-b-guidance 1.5"
            })
    private Float stageBGuidance;

    int images() {
        return images;
    }

    int batchSize() {
        return Math.min(batchSize, images);
    }

    /**
     * Makes a request of what was given.
     *
     * @throws ParameterException naming the option, if a value is out of range
     */
    PictureRequest.Builder toRequest() {
        PictureRequest.Builder request = PictureRequest.builder(prompt);
        set("--negative-prompt", negativePrompt, request::negativePrompt);
        set("--seed", seed, request::seed);
        set("--images", images, request::images);
        set("--batch-size", batchSize, request::batchSize);
        set("--width", width, request::width);
        set("--height", height, request::height);
        set("--stage-c-steps", stageCSteps, request::stageCSteps);
        set("--stage-c-guidance", stageCGuidance, request::stageCGuidance);
        set("--stage-b-steps", stageBSteps, request::stageBSteps);
        set("--stage-b-guidance", stageBGuidance, request::stageBGuidance);
        return request;
    }

    private <T> void set(String option, T value, Consumer<T> setter) {
        if (value == null) {
            return;
        }
        try {
            setter.accept(value);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage(), e);
        }
    }
}
