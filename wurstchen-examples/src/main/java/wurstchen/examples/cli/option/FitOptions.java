package wurstchen.examples.cli.option;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;

/** The options that say how a picture is read. */
public final class FitOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--fit",
            paramLabel = "HOW",
            description = {
                "What to do with a picture whose sides have another ratio than what is made: crop, pad with white, or stretch. Default: crop.",
                "Example: --fit pad"
            })
    private Fit fit;

    @Option(
            names = "--background",
            paramLabel = "RRGGBB",
            defaultValue = "ffffff",
            description = {"The colour behind transparent parts of a picture. Default: ${DEFAULT-VALUE}.", "Example: --background 0000ff"})
    private String background;

    /**
     * Reads a picture.
     *
     * @throws ParameterException if the colour is none
     * @throws wurstchen.WurstchenException if the file cannot be read
     */
    public Picture read(Path file) {
        if (!background.matches("#?[0-9a-fA-F]{6}")) {
            throw new ParameterException(
                    spec.commandLine(), "--background: expected a colour of six hexadecimal digits, such as 0000ff, got '" + background + "'");
        }
        return PictureReader.create().background(Integer.parseInt(background.replace("#", ""), 16)).read(file);
    }

    /** Sets what was given. */
    public void set(PictureRequest.Builder request) {
        new OptionSetter(spec).set("--fit", fit, request::fit);
    }
}
