package wurstchen;

import java.util.List;

/** Closes a list of things from the last to the first, all of them even if one fails. */
final class ReverseCloser {
    private ReverseCloser() {}

    static void close(String owner, List<? extends AutoCloseable> inOrder) {
        WurstchenException failure = null;
        for (int i = inOrder.size() - 1; i >= 0; i--) {
            try {
                inOrder.get(i).close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new WurstchenException("could not close all of " + owner + ": " + e.getMessage(), e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
