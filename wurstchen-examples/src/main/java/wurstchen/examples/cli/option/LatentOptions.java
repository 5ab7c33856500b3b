package wurstchen.examples.cli.option;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.PictureRequest;
import wurstchen.PictureSettings;
import wurstchen.progress.CascadeStage;
import wurstchen.stage.StageCLatents;

/** The options that keep Stage C's latents, and begin with kept ones. */
public final class LatentOptions {
    private static final String EXTENSION = ".safetensors";
    private static final String STAGE_C = "stage-c";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--latents",
            paramLabel = "FILE",
            description = {
                "Write Stage C's latents to this .safetensors file after each of its steps, over one that is there; several pictures have a-0, a-1,"
                        + " ... --start-from continues from it, also after an interruption.",
                "Example: --latents apple.safetensors"
            })
    private Path latents;

    @Option(
            names = "--stop-after",
            paramLabel = "STAGE",
            description = {"stage-c: end with its latents, without a picture; needs --latents.", "Example: --stop-after stage-c"})
    private String stopAfter;

    @Option(
            names = "--start-from",
            paramLabel = "FILE",
            description = {
                "Begin with latents that --latents wrote: Stage C does the steps that are left, then come Stages B and A. What the options do not say"
                        + " is as the file says, also the prompt; with nothing changed, the picture is that of the uninterrupted run.",
                "Example: --start-from apple.safetensors --stage-b-steps 20"
            })
    private Path startFrom;

    /** Returns the name of the option that was given; empty if none was. */
    public Optional<String> given() {
        if (latents != null) {
            return Optional.of("--latents");
        }
        return stopAfter != null ? Optional.of("--stop-after") : Optional.ofNullable(startFrom).map(file -> "--start-from");
    }

    /**
     * Returns the file for Stage C's latents.
     *
     * @param folder where relative names start
     * @throws ParameterException if the name has another extension
     */
    public Optional<Path> latents(Path folder) {
        if (latents != null && !latents.toString().endsWith(EXTENSION)) {
            throw new ParameterException(spec.commandLine(), "--latents: expected a name that ends with " + EXTENSION + ", got " + latents);
        }
        return Optional.ofNullable(latents).map(folder::resolve);
    }

    /**
     * Returns whether the run ends with Stage C.
     *
     * @throws ParameterException if it ends with something else, or nothing is kept of it
     */
    public boolean stopsAfterStageC() {
        if (stopAfter == null) {
            return false;
        }
        if (!stopAfter.equals(STAGE_C)) {
            throw new ParameterException(spec.commandLine(), "--stop-after: expected " + STAGE_C + ", got '" + stopAfter + "'");
        }
        if (latents == null) {
            throw new ParameterException(spec.commandLine(), "--stop-after stage-c: name a file for the latents with --latents FILE");
        }
        return true;
    }

    /**
     * Reads the latents to begin with.
     *
     * @param folder where relative names start
     * @throws wurstchen.WurstchenException if the file cannot be read
     */
    public Optional<StageCLatents> start(Path folder) {
        return Optional.ofNullable(startFrom).map(file -> StageCLatents.read(folder.resolve(file)));
    }

    /**
     * Returns the request that latents were made by.
     *
     * @return empty if they do not say
     * @throws ParameterException if what they say is malformed
     */
    public Optional<PictureRequest> madeBy(StageCLatents start) {
        if (!start.notes().containsKey("prompt")) {
            return Optional.empty();
        }
        try {
            return Optional.of(PictureSettings.fromText(start.notes()).toRequest());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--start-from: " + startFrom + ": " + e.getMessage(), e);
        }
    }

    /**
     * Sets where the run begins and ends. Pictures that the latents were made of must have been set.
     *
     * @throws ParameterException if a picture is missing
     */
    public void set(PictureRequest.Builder request, Optional<StageCLatents> start) {
        if (stopsAfterStageC()) {
            request.stopAfter(CascadeStage.STAGE_C);
        }
        start.ifPresent(latents -> {
            PictureRequest soFar = request.build();
            checkGiven("image", soFar.image().isPresent(), latents.notes());
            checkGiven("mask", soFar.mask().isPresent(), latents.notes());
            request.startFrom(latents);
        });
    }

    private void checkGiven(String option, boolean given, Map<String, String> notes) {
        String sha256 = notes.get(option + "-sha256");
        if (sha256 != null && !given) {
            throw new ParameterException(
                    spec.commandLine(), "--start-from: the latents were made with --" + option + ", a picture of SHA-256 " + sha256 + ": give it again");
        }
    }
}
