package wurstchen.examples.cli.option;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;

/** The options that say what is wanted of a picture that is there: text and seed. */
public final class TextOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "TEXT",
            defaultValue = "",
            description = {"What the picture shows, or is to show. Default: empty.", "Example: --prompt \"a red apple\""})
    private String prompt;

    @Option(
            names = {"-n", "--negative-prompt"},
            paramLabel = "TEXT",
            description = {"What to keep away from. Default: empty. diffusers: negative_prompt.", "Example: --negative-prompt blurry"})
    private String negativePrompt;

    @Option(
            names = {"-s", "--seed"},
            paramLabel = "N",
            description = {"Any 64-bit number; the same seed makes the same picture. Default: a random one, which is printed.", "Example: --seed 42"})
    private Long seed;

    public String prompt() {
        return prompt;
    }

    /**
     * Starts a request of what was given.
     *
     * @throws ParameterException naming the option, if a value is out of range
     */
    public PictureRequest.Builder toRequest() {
        PictureRequest.Builder request = PictureRequest.builder(prompt);
        OptionSetter options = new OptionSetter(spec);
        options.set("--negative-prompt", negativePrompt, request::negativePrompt);
        options.set("--seed", seed, request::seed);
        return request;
    }
}
