package wurstchen.onnx.internal.common;

import com.google.common.collect.Lists;
import java.util.List;
import wurstchen.WurstchenException;

/** Closes several things, the last one first, all of them even if one fails. */
public final class Closing {
    private Closing() {}

    /** Closes all; throws the first failure, which carries the others as suppressed ones. */
    public static void all(List<? extends AutoCloseable> inOrder) {
        WurstchenException failure = new WurstchenException("could not close everything; the model's memory may not be free");
        afterFailure(failure, inOrder);
        if (failure.getSuppressed().length > 0) {
            failure.initCause(failure.getSuppressed()[0]);
            throw failure;
        }
    }

    /** Closes all because of a failure, to which any other is added as a suppressed one. */
    public static void afterFailure(Throwable failure, List<? extends AutoCloseable> inOrder) {
        for (AutoCloseable one : Lists.reverse(inOrder)) {
            try {
                one.close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }
}
