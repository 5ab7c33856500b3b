package wurstchen.examples.cli.option;

import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Hands values to what checks them, and names the option of one that is refused.
 *
 * @param command whose options they are
 */
public record OptionSetter(CommandSpec command) {
    /**
     * Sets a value, unless the option was not given.
     *
     * @throws ParameterException if the value is out of range
     */
    public <T> void set(String option, T value, Consumer<T> setter) {
        if (value == null) {
            return;
        }
        try {
            setter.accept(value);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), option + ": " + e.getMessage(), e);
        }
    }
}
