package wurstchen.examples.cli.option;

import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.text.LongPrompts;

/** The options that say what a picture shows. */
public final class PromptOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PROMPT",
            description = {
                "What to show; several words in quotes. May be empty. One that begins with - goes after --, behind all options.",
                "Example: \"a red apple\""
            })
    private String prompt;

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "TEXT",
            description = {"What to show, in place of PROMPT.", "Example: --prompt \"-40 degrees\""})
    private String promptOption;

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description = {
                "Make a picture of every line of a file: a prompt, or a JSON object with values under the names of these options, as show --json"
                        + " prints it; - reads standard input. The model is opened once, and pictures that are there already, made by the same"
                        + " settings and model, are kept.",
                "Example: --prompts cats.txt --out cats.png"
            })
    private String prompts;

    @Option(
            names = {"-n", "--negative-prompt"},
            paramLabel = "TEXT",
            description = {
                "What to keep away from; read by a stage whose guidance is above 1. Default: empty. diffusers: negative_prompt.",
                "Example: --negative-prompt blurry"
            })
    private String negativePrompt;

    @Option(
            names = "--prompt-weights",
            description = {
                "Brackets weigh parts of the prompts: (red:1.3) has the weight 1.3, (red) 1.1, [red] 1 / 1.1, and \\( is a bracket. Without"
                        + " this, brackets are text."
            })
    private boolean promptWeights;

    @Option(
            names = "--long-prompts",
            paramLabel = "WHAT",
            description = {
                "What becomes of prompts that are too long, 75 tokens in the published model: cut, refuse or windows (encoded piece by piece, and"
                        + " averaged). Default: cut, with a warning.",
                "Example: --long-prompts windows"
            })
    private LongPrompts longPrompts;

    @Option(
            names = {"-s", "--seed"},
            order = -30,
            paramLabel = "N",
            description = {
                "Any 64-bit number, with a sign or without; the same seed makes the same picture. Default: a random one, which is"
                        + " printed."
                        + " diffusers: generator=torch.Generator(\"cpu\").manual_seed(N).",
                "Example: --seed 42"
            })
    private Long seed;

    private boolean given() {
        return prompt != null || promptOption != null;
    }

    /** Returns the file of prompts, - for standard input; empty if there is one prompt. */
    public Optional<String> prompts() {
        if (prompts != null && given()) {
            throw new ParameterException(spec.commandLine(), "both a prompt and --prompts: leave out one of them");
        }
        return Optional.ofNullable(prompts);
    }

    /**
     * Returns the prompt; empty where a file has them.
     *
     * @throws ParameterException if there is none, or two
     */
    public String prompt() {
        if (prompts().isPresent()) {
            return "";
        }
        if (prompt != null && promptOption != null) {
            throw new ParameterException(spec.commandLine(), "two prompts: leave out --prompt, or the other one");
        }
        if (!given()) {
            throw new ParameterException(
                    spec.commandLine(), "no prompt: put it in quotes behind the command, or give --prompt TEXT if it begins with -");
        }
        return prompt != null ? prompt : promptOption;
    }

    /**
     * Starts a request of what was given.
     *
     * @param base says what was not; empty for the model's defaults
     * @throws ParameterException naming the option, if a value is out of range
     */
    public PictureRequest.Builder toRequest(Optional<PictureRequest> base) {
        PictureRequest.Builder request = base.map(PictureRequest::toBuilder).orElseGet(() -> PictureRequest.builder(""));
        if (base.isEmpty() || given()) {
            request.prompt(prompt());
        }
        OptionSetter options = new OptionSetter(spec);
        options.set("--negative-prompt", negativePrompt, request::negativePrompt);
        options.set("--seed", seed, request::seed);
        options.set("--long-prompts", longPrompts, request::longPrompts);
        options.set("--prompt-weights", promptWeights ? true : null, request::promptWeights);
        options.set("--prompt-weights", promptWeights, weighted -> request.build());
        return request;
    }
}
