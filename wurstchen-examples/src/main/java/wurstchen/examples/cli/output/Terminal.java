package wurstchen.examples.cli.output;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.util.Optional;

/** Whether standard error reaches somebody who watches. */
public enum Terminal {
    /** A person at a screen: progress is drawn. */
    WATCHED,
    /** A file, a pipe or a log: results only. */
    QUIET;

    private static final int USUAL_WIDTH = 80;
    private static final int MIN_WIDTH = 20;

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

    /**
     * Returns how many characters fit a line.
     *
     * @return at least 20; 80 if nobody says
     */
    public static int width() {
        return widthOf(Optional.ofNullable(System.getenv("COLUMNS")).or(Terminal::askTerminal));
    }

    static int widthOf(Optional<String> columns) {
        return columns.filter(text -> text.matches("[0-9]{1,5}")).map(text -> Math.max(MIN_WIDTH, Integer.parseInt(text))).orElse(USUAL_WIDTH);
    }

    /** POSIX has a command for it: rows and columns. */
    private static Optional<String> askTerminal() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).start();
            String[] size = new String(stty.getInputStream().readAllBytes(), US_ASCII).strip().split(" ");
            return size.length == 2 ? Optional.of(size[1]) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
