package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import wurstchen.examples.cli.output.Terminal;

/**
 * What a command did.
 *
 * @param exitCode 0, 1 or 2
 * @param out standard output
 * @param err standard error
 */
public record CommandRun(int exitCode, String out, String err) {
    /** Random weights, written by the exporter; valid sizes are multiples of 128 px. */
    public static final Path TINY_BUNDLE = Path.of("../wurstchen-onnx/src/test/resources/tiny-bundle");

    /** Runs a command as the JVM's main would, in the folder. */
    public static CommandRun of(Path folder, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = WurstchenCommand.commandLine(folder, Terminal.QUIET)
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        int exitCode = line.execute(args);
        return new CommandRun(exitCode, out.toString(), err.toString());
    }

    /** Generates with the tiny bundle, 384 x 128 px and few steps unless the arguments say otherwise. */
    public static CommandRun generateTiny(Path folder, String... args) {
        List<String> all = new ArrayList<>(List.of("generate", "--model=" + TINY_BUNDLE));
        for (String option : List.of("--width=384", "--height=128", "--stage-c-steps=2", "--stage-b-steps=1")) {
            String name = option.substring(0, option.indexOf('=') + 1);
            if (Arrays.stream(args).noneMatch(arg -> arg.startsWith(name))) {
                all.add(option);
            }
        }
        all.addAll(List.of(args));
        return of(folder, all.toArray(String[]::new));
    }
}
