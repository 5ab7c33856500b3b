package wurstchen.examples.cli.option;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.image.PictureReader;

/** The options that say what to show by pictures. */
public final class ImagePromptOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--image-prompt",
            paramLabel = "FILE",
            description = {
                "A picture that says, beside the prompt, what to show; may be given several times. With the prompt \"\" the result is a variation"
                        + " of it. Models of the family stable-cascade take it. diffusers: images.",
                "Example: --image-prompt photo.jpg"
            })
    private List<Path> files = List.of();

    @Option(
            names = "--image-prompt-share",
            paramLabel = "S",
            description = {
                "How much an image prompt counts, one for each of them in their order. Default: 1 for all.", "Example: --image-prompt-share 0.5"
            })
    private List<Float> shares = List.of();

    /**
     * Reads the files and adds them.
     *
     * @param folder where relative names start
     * @throws ParameterException if there is not one share for each file, or one is not finite
     * @throws wurstchen.WurstchenException if a file cannot be read
     */
    public void set(PictureRequest.Builder request, Path folder) {
        if (!shares.isEmpty() && shares.size() != files.size()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--image-prompt-share: expected one for each --image-prompt, got " + shares.size() + " for " + files.size()
                            + "; leave all out for 1");
        }
        OptionSetter options = new OptionSetter(spec);
        for (int i = 0; i < files.size(); i++) {
            Float share = shares.isEmpty() ? Float.valueOf(1) : shares.get(i);
            Path file = folder.resolve(files.get(i));
            options.set("--image-prompt-share", share, value -> request.imagePrompt(PictureReader.create().read(file), value));
        }
    }
}
