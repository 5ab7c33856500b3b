package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import wurstchen.onnx.internal.common.Closing;

/**
 * Opens a resource for each use and closes it afterwards, so that its memory is free in between. Thread-safe.
 *
 * @param <S> what is opened, such as a stage
 */
public final class OpenOnDemand<S extends AutoCloseable> implements AutoCloseable {
    private final String name;
    private final Supplier<S> opener;
    private final List<S> inUse = new ArrayList<>();
    private boolean closed;

    /** Creates an opener; {@code name} stands for the resource in messages. */
    public OpenOnDemand(String name, Supplier<S> opener) {
        this.name = name;
        this.opener = opener;
    }

    /** Opens the resource for the duration of a call. */
    <T> T use(Function<S, T> call) {
        S one = open();
        T result;
        try {
            result = call.apply(one);
        } catch (RuntimeException e) {
            removed(one);
            Closing.afterFailure(e, List.of(one));
            throw e;
        }
        close(one);
        return result;
    }

    /** Opens the resource. The caller closes it with {@link #close(AutoCloseable)}. */
    S open() {
        checkOpen();
        S one = opener.get();
        synchronized (this) {
            if (!closed) {
                inUse.add(one);
                return one;
            }
        }
        Closing.all(List.of(one));
        checkOpen();
        return one;
    }

    private synchronized void checkOpen() {
        checkState(!closed, "%s is closed: open the model again", name);
    }

    void close(S one) {
        removed(one);
        Closing.all(List.of(one));
    }

    private synchronized void removed(S one) {
        inUse.remove(one);
    }

    /** Refuses further uses and closes the resources in use. */
    @Override
    public void close() {
        List<S> open;
        synchronized (this) {
            closed = true;
            open = ImmutableList.copyOf(inUse);
            inUse.clear();
        }
        Closing.all(open);
    }
}
