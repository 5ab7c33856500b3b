package wurstchen.examples.cli.output;

import java.io.IOException;

/** Whether standard error reaches somebody who watches. */
public enum Terminal {
    /** A person at a screen: progress is drawn. */
    WATCHED,
    /** A file, a pipe or a log: results only. */
    QUIET;

    public static Terminal detect() {
        return System.console() != null && errorIsTerminal() ? WATCHED : QUIET;
    }

    /** Java knows only of standard input and output together, and from 22 on has a console without a terminal too; POSIX has a command. */
    private static boolean errorIsTerminal() {
        try {
            return new ProcessBuilder("test", "-t", "2").inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return Runtime.version().feature() < 22; // Windows has no such command; there the console has to do.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
