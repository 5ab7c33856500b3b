package wurstchen.examples.cli.option;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.examples.cli.output.PictureFiles;
import wurstchen.examples.cli.output.PictureFormat;

/** The options that say where pictures go, and as what. */
public final class OutputOptions {
    private static final String STANDARD_OUTPUT = "-";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = {"-o", "--out"},
            order = -20,
            paramLabel = "FILE",
            description = {
                "A .png or .jpg file, written whole or not at all, replaced if it is there; several pictures of a.png are a-0.png, a-1.png, ..."
                        + " and those of lines a-0001.png, a-0002.png, ... A lone - is standard output."
                        + " Default: the next free of wurstchen-0001.png, wurstchen-0002.png, ... in this folder; for lines, named like"
                        + " their file.",
                "Example: --out apple.png"
            })
    private Path out;

    @Option(
            names = "--quality",
            paramLabel = "N",
            description = {"Of .jpg files: 1 to 100. Default: " + PictureFormat.USUAL_QUALITY + ".", "Example: --quality 80"})
    private Integer quality;

    @Option(names = "--no-metadata", description = "Write files that do not say how they were made.")
    private boolean noMetadata;

    @Option(
            names = "--json",
            description = "Print one JSON object for each picture, on a line: its file, and how it was made. Nothing else goes to standard output.")
    private boolean json;

    /** Returns whether scripts read what is printed. */
    public boolean json() {
        return json;
    }

    /** Returns whether a name was given. */
    public boolean named() {
        return out != null;
    }

    /** Returns whether the picture goes to standard output. */
    public boolean standardOutput() {
        return out != null && out.toString().equals(STANDARD_OUTPUT);
    }

    /**
     * Returns the files of a run.
     *
     * @param folder where pictures without a name go
     * @param pictures how many pictures
     * @throws ParameterException if the name cannot be used, or the options do not fit together
     */
    public PictureFiles files(Path folder, int pictures) {
        if (!standardOutput()) {
            return out == null ? PictureFiles.nextFree(folder, format(Path.of("a.png"))) : named(folder, pictures);
        }
        if (pictures > 1 || json) {
            throw new ParameterException(spec.commandLine(), "--out -: standard output takes one picture, and then nothing else");
        }
        return PictureFiles.standardOutput(format(Path.of("a.png")));
    }

    private PictureFiles named(Path folder, int pictures) {
        Path file = folder.resolve(out);
        return PictureFiles.named(file, pictures, format(file));
    }

    /**
     * Returns the name that lines put their numbers into.
     *
     * @param folder where pictures go
     * @param source the file of prompts
     * @throws ParameterException if the name cannot be used
     */
    public Path nameOfLines(Path folder, String source) {
        if (standardOutput()) {
            throw new ParameterException(spec.commandLine(), "--out -: standard output takes one picture, and then nothing else");
        }
        if (noMetadata) {
            throw new ParameterException(
                    spec.commandLine(), "--no-metadata: with --prompts, the files must say which pictures are there already; leave it out");
        }
        if (out != null) {
            return folder.resolve(out);
        }
        String name = source.equals(STANDARD_OUTPUT) ? "wurstchen" : Path.of(source).getFileName().toString().replaceFirst("(.)\\.[^.]*$", "$1");
        return folder.resolve(name + ".png");
    }

    /**
     * Returns how files of a name are encoded.
     *
     * @throws ParameterException if the name has another extension, or the quality is none
     */
    public PictureFormat format(Path file) {
        try {
            return PictureFormat.of(file, !noMetadata, quality);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
