package wurstchen.examples.cli.option;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.progress.Previews;

/** The options that show what is being drawn. */
public final class PreviewOptions {
    private static final int USUAL_STEPS_APART = 5;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--previews",
            paramLabel = "FOLDER",
            description = {
                "While drawing, write what Stage C and Stage B are about to make into this folder, which is made if it is missing:"
                        + " stage-c-005.png after step 5, and so on; of several pictures 0-stage-c-005.png, ... Files of these names are replaced.",
                "Example: --previews watch"
            })
    private Path previews;

    @Option(
            names = "--preview-every",
            paramLabel = "N",
            description = {"A preview after every N steps, and after the last one. Default: " + USUAL_STEPS_APART + ".", "Example: --preview-every 1"})
    private Integer every;

    @Option(
            names = "--preview-steps",
            paramLabel = "N",
            description = {
                "Make the previews of Stage C whole pictures, by N steps of Stage B and by Stage A, which takes as long as these do. Default: small"
                        + " pictures by the projection that ships with the model.",
                "Example: --preview-steps 2"
            })
    private Integer steps;

    /** Returns the folder of the previews; empty for none. */
    public Optional<Path> folder() {
        return Optional.ofNullable(previews);
    }

    /** Returns whether the model's projection makes the previews. */
    public boolean needsProjection() {
        return previews != null && steps == null;
    }

    /**
     * Sets what was given.
     *
     * @throws ParameterException if a value is out of range, or there is no folder for the previews
     */
    public void set(PictureRequest.Builder request) {
        if (previews == null && (every != null || steps != null)) {
            throw new ParameterException(
                    spec.commandLine(), (every != null ? "--preview-every" : "--preview-steps") + ": name a folder with --previews FOLDER");
        }
        if (previews == null) {
            return;
        }
        OptionSetter options = new OptionSetter(spec);
        options.set("--preview-every", every == null ? Integer.valueOf(USUAL_STEPS_APART) : every, apart -> request.previews(Previews.every(apart)));
        options.set("--preview-steps", steps, few -> request.previews(request.build().previews().orElseThrow().throughStages(few)));
    }
}
