package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine;
import wurstchen.examples.cli.option.OptionValues;
import wurstchen.examples.cli.output.Terminal;

/**
 * The command line, {@code java -jar wurstchen.jar}. Exit codes: 0, 1 for a failure, 2 for wrong usage; either is one line on standard
 * error.
 */
@Command(
        name = "wurstchen",
        mixinStandardHelpOptions = true,
        versionProvider = BuildVersion.class,
        synopsisSubcommandLabel = "COMMAND",
        usageHelpWidth = 110,
        description = "Makes pictures of a prompt with the Würstchen cascade.",
        footer = {
            "",
            "Example:",
            "  java -jar wurstchen.jar generate \"a red apple\" --seed 42 --out apple.png",
            "",
            "Exit codes: 0, 1 for a failure, 2 for wrong usage."
        })
public final class WurstchenCommand implements Runnable {
    /** Silent: the command line itself says what the library logs. Kept here, because loggers that nobody holds forget their level. */
    private static final Logger LIBRARY_LOG = Logger.getLogger("wurstchen");

    private static final int USUAL_HELP_WIDTH = 110;

    /** Longer lines are hard to read. */
    private static final int MOST_HELP_WIDTH = 120;

    /** The least that picocli takes. */
    private static final int MIN_HELP_WIDTH = 55;

    @Spec
    private CommandSpec spec;

    @Option(names = "--stacktrace", hidden = true, scope = ScopeType.INHERIT, description = "Show where in the code a failure was.")
    private boolean stackTrace;

    private WurstchenCommand() {}

    /**
     * Runs a command and ends the JVM with its exit code.
     *
     * @param args a command, its options and parameters
     */
    public static void main(String[] args) {
        CommandLine line = commandLine(Path.of(""), Terminal.detect());
        line.setUsageHelpWidth(helpWidth(System.console() == null ? USUAL_HELP_WIDTH : Terminal.width()));
        // One writer for all commands: whether it failed is asked once, at the end.
        line.setOut(new PrintWriter(System.out, true));
        System.exit(PosixLocale.printing(line).execute(PosixLocale.arguments(args)));
    }

    /**
     * Assembles the command line.
     *
     * @param folder where pictures without a name go
     * @param terminal whether somebody watches
     */
    static CommandLine commandLine(Path folder, Terminal terminal) {
        LIBRARY_LOG.setLevel(Level.OFF);
        WurstchenCommand root = new WurstchenCommand();
        CommandLine line = new CommandLine(root)
                .addSubcommand(new GenerateCommand(folder, terminal))
                .addSubcommand(new ReconstructCommand(folder, terminal))
                .addSubcommand(new VaryCommand(folder, terminal))
                .addSubcommand(new BlendCommand(folder, terminal))
                .addSubcommand(new InpaintCommand(folder, terminal))
                .addSubcommand(new ShowCommand(folder))
                .addSubcommand(new ModelCommand())
                .addSubcommand(new FetchCommand(terminal))
                .addSubcommand(new PackCommand(folder))
                .addSubcommand(new DoctorCommand())
                .addSubcommand(new BenchmarkCommand(folder, terminal))
                .addSubcommand(new CompletionCommand())
                .addSubcommand(new CommandLine.HelpCommand())
                // A prompt is text: "@home" is no file of arguments.
                .setExpandAtFiles(false)
                // "-horse" is no cluster of -h and others.
                .setPosixClusteredShortOptionsAllowed(false)
                // What follows --prompt is a prompt, also if it is "-h".
                .setAllowOptionsAsOptionParameters(true)
                .setExecutionStrategy(WurstchenCommand::execute)
                .setParameterExceptionHandler(new ErrorLines.WrongUsage())
                .setExecutionExceptionHandler(new ErrorLines.Failure(() -> root.stackTrace));
        return OptionValues.register(line);
    }

    /** Returns the width of a terminal, where help can be read in it. */
    static int helpWidth(int terminal) {
        return Math.max(MIN_HELP_WIDTH, Math.min(terminal, MOST_HELP_WIDTH));
    }

    /** Output that could not be written is a failure, whatever else went well. */
    private static int execute(ParseResult result) {
        int exitCode = new CommandLine.RunLast().execute(result);
        CommandLine line = result.commandSpec().commandLine();
        if (line.getOut().checkError()) {
            line.getErr().println("wurstchen: cannot write to standard output: is the disk full, or the other end of a pipe closed?");
            return exitCode == ExitCode.OK ? ExitCode.SOFTWARE : exitCode;
        }
        return exitCode;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given; the commands are " + String.join(", ", spec.subcommands().keySet()));
    }
}
