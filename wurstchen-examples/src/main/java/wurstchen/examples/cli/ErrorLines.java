package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import wurstchen.WurstchenException;
import wurstchen.onnx.CudaUnavailableException;
import wurstchen.text.VisibleText;

/** What went wrong, as one line on standard error, or the report of several if a GPU cannot be used. */
final class ErrorLines {
    private ErrorLines() {}

    private static void print(PrintWriter err, String message) {
        err.println("wurstchen: " + VisibleText.of(message.strip().replaceAll("\\s*\\R\\s*", "; ")));
    }

    /** The caller's mistake: what it is, and where the options are explained. */
    static final class WrongUsage implements IParameterExceptionHandler {
        @Override
        public int handleParseException(ParameterException e, String[] args) {
            CommandLine command = e.getCommandLine();
            print(command.getErr(), message(e));
            command.getErr().println("see: " + command.getCommandSpec().qualifiedName() + " --help");
            return ExitCode.USAGE;
        }

        private static String message(ParameterException e) {
            if (!(e instanceof UnmatchedArgumentException stray)) {
                return e.getMessage();
            }
            List<String> words = stray.getUnmatched();
            CommandLine command = e.getCommandLine();
            if (words.stream().anyMatch(word -> word.startsWith("-"))) {
                return e.getMessage() + Suggestion.forOption(words.get(0), command.getCommandSpec());
            }
            return e.getMessage() + (command.getParent() != null
                    ? "; put a prompt of several words in quotes"
                    : Suggestion.forCommand(words.get(0), command.getSubcommands().keySet()));
        }
    }

    /**
     * A failure, which the exception's message explains.
     *
     * @param stackTrace whether the user asked for more
     */
    record Failure(BooleanSupplier stackTrace) implements IExecutionExceptionHandler {
        @Override
        public int handleExecutionException(Exception e, CommandLine command, ParseResult result) {
            if (e instanceof CudaUnavailableException unavailable) {
                // What is missing is a list: on one line nobody could read it.
                command.getErr().println("wurstchen: " + unavailable.report());
            } else {
                print(command.getErr(), message(e));
            }
            if (stackTrace.getAsBoolean()) {
                e.printStackTrace(command.getErr());
            }
            return ExitCode.SOFTWARE;
        }

        private static String message(Exception e) {
            if (e instanceof WurstchenException) {
                return e.getMessage();
            }
            return "unexpected " + e + "; this is a mistake in the program: please report it with what --stacktrace prints";
        }
    }
}
