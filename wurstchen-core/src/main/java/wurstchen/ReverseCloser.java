package wurstchen;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Closes lists of things, each from the last to the first, all of them even if one fails. */
final class ReverseCloser {
    private final String owner;
    private @Nullable WurstchenException failure;

    /** {@code owner}: of the things, in messages. */
    ReverseCloser(String owner) {
        this.owner = owner;
    }

    ReverseCloser close(List<? extends AutoCloseable> inOrder) {
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
    void throwFailure() {
        if (failure != null) {
            throw failure;
        }
    }
}
