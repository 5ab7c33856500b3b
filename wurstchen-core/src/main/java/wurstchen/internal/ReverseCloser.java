package wurstchen.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;

/** Closes lists of things, each from the last to the first, all of them even if one fails. */
public final class ReverseCloser {
    private final String owner;
    private @Nullable WurstchenException failure;

    /** {@code owner}: of the things, in messages. */
    public ReverseCloser(String owner) {
        this.owner = owner;
    }

    /** Closes a list, the last one first. */
    public ReverseCloser close(List<? extends AutoCloseable> inOrder) {
        for (int i = inOrder.size() - 1; i >= 0; i--) {
            try {
                inOrder.get(i).close();
            } catch (Exception e) {
                add(e);
            }
        }
        return this;
    }

    private void add(Exception e) {
        if (failure == null) {
            failure = new WurstchenException("could not close all of " + owner + ": " + e.getMessage(), e);
        } else {
            failure.addSuppressed(e);
        }
    }

    /** Throws the first failure, which carries the others as suppressed ones. */
    public void throwFailure() {
        if (failure != null) {
            throw failure;
        }
    }
}
