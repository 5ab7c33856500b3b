package wurstchen.onnx.internal.common;

import com.google.common.collect.Lists;
import java.util.List;
import wurstchen.WurstchenException;

/** Closes several resources in reverse order, all of them even if one fails. */
public final class Closing {
    private Closing() {}

    /** Closes all resources and throws the first failure; later failures are suppressed exceptions of it. */
    public static void all(List<? extends AutoCloseable> inOrder) {
        WurstchenException failure = new WurstchenException("could not close everything; the model's memory may not be free");
        afterFailure(failure, inOrder);
        if (failure.getSuppressed().length > 0) {
            failure.initCause(failure.getSuppressed()[0]);
            throw failure;
        }
    }

    /** Closes all resources after a failure; their own failures become suppressed exceptions of it. */
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
