package wurstchen.internal;

/** An action that waits for something to happen. Closing takes it back; a second close does nothing. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
    @Override
    void close();
}
