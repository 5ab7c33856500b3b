package wurstchen.examples;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * What a command did.
 *
 * @param exitCode 0, 1 or 2
 * @param out standard output
 * @param err standard error
 */
record CommandRun(int exitCode, String out, String err) {
    /** Random weights, written by the exporter; valid sizes are multiples of 128 px. */
    static final Path TINY_BUNDLE = Path.of("../wurstchen-onnx/src/test/resources/tiny-bundle");

    /** Runs a command as the JVM's main would, in the folder. */
    static CommandRun of(Path folder, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = WurstchenCommand.commandLine(folder, Terminal.QUIET)
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        int exitCode = line.execute(args);
        return new CommandRun(exitCode, out.toString(), err.toString());
    }

    /** Generates a picture of 128 px in few steps with the tiny bundle; later options win. */
    static CommandRun generateTiny(Path folder, String... args) {
        List<String> all = new ArrayList<>(List.of("generate", "--model", TINY_BUNDLE.toString()));
        all.addAll(List.of("--stage-c-steps=2", "--stage-b-steps=1"));
        List<String> given = List.of(args);
        for (String side : List.of("--width", "--height")) {
            if (given.stream().noneMatch(arg -> arg.startsWith(side))) {
                all.add(side + "=128");
            }
        }
        all.addAll(given);
        return of(folder, all.toArray(String[]::new));
    }
}
