package wurstchen.onnx;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What this library logs while this is open: System.Logger writes to java.util.logging unless told otherwise. */
public final class LogLines extends Handler implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger("wurstchen");

    private final List<String> lines = new CopyOnWriteArrayList<>();

    private LogLines() {}

    /** Begins to listen to every level. */
    public static LogLines listen() {
        LogLines lines = new LogLines();
        LOGGER.addHandler(lines);
        LOGGER.setLevel(Level.ALL);
        LOGGER.setUseParentHandlers(false);
        return lines;
    }

    /** Level and message of each line so far; System.Logger's DEBUG is FINE here. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void publish(LogRecord line) {
        lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
    }

    @Override
    public void flush() {
        // Every line is there at once.
    }

    @Override
    public void close() {
        LOGGER.removeHandler(this);
        LOGGER.setLevel(null);
        LOGGER.setUseParentHandlers(true);
    }
}
