package wurstchen.examples.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import wurstchen.examples.cli.option.HelpOption;

/** Prints a script that completes commands and options. */
@Command(
        name = "completion",
        usageHelpWidth = 110,
        description = "Prints a script for bash and zsh that completes commands and options of the launcher bin/wurstchen.",
        footer = {"", "Example:", "  source <(bin/wurstchen completion)"})
final class CompletionCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Override
    public void run() {
        spec.commandLine().getOut().print(AutoComplete.bash("wurstchen", spec.root().commandLine()));
        spec.commandLine().getOut().flush();
    }
}
