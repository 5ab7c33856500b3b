package wurstchen.examples.cli.option;

import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;

/** The options that say which picture to begin with. */
public final class ImageOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description = {
                "A picture to begin with: PNG, JPEG, GIF, BMP, TIFF or PNM. diffusers: image of the image-to-image pipelines.",
                "Example: --image photo.jpg --strength 0.6"
            })
    private Path image;

    @Option(
            names = "--strength",
            paramLabel = "S",
            description = {
                "How much of the picture is replaced by noise before it is denoised with the prompt: 0 rebuilds it, 1 is the prompt alone."
                        + " Default: 0.6, with --mask 1. diffusers: strength.",
                "Example: --strength 0.4"
            })
    private Float strength;

    @Option(
            names = "--mask",
            paramLabel = "FILE",
            description = {
                "Paint only where this picture is light; the other pixels stay as they are. diffusers: mask_image.", "Example: --mask mask.png"
            })
    private Path mask;

    @Mixin
    private FitOptions fitOptions;

    /**
     * Reads the files and sets what was given.
     *
     * @param folder where relative names start
     * @throws ParameterException if options do not fit together, or a value is out of range
     * @throws wurstchen.WurstchenException if a file cannot be read
     */
    public void set(PictureRequest.Builder request, Path folder) {
        if (image == null && (strength != null || mask != null)) {
            throw new ParameterException(
                    spec.commandLine(), (strength != null ? "--strength" : "--mask") + " needs a picture: give one with --image FILE");
        }
        if (image != null) {
            request.image(fitOptions.read(folder.resolve(image)));
        }
        new OptionSetter(spec).set("--strength", strength, request::strength);
        if (mask != null) {
            request.mask(fitOptions.read(folder.resolve(mask)));
        }
        fitOptions.set(request);
    }
}
