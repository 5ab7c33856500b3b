package wurstchen.onnx.internal.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;

class ClosingTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void all_areClosedInReverse() {
        Closing.all(List.of(closes("first"), closes("second")));

        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void failure_doesNotKeepTheOthersOpen() {
        IllegalStateException one = new IllegalStateException("one");
        IllegalStateException two = new IllegalStateException("two");

        assertThatThrownBy(() -> Closing.all(List.of(closes("first"), fails(two), closes("third"), fails(one))))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("could not close everything; the model's memory may not be free")
                .hasCause(one)
                .hasSuppressedException(two);
        assertThat(closed).containsExactly("third", "first");
    }

    @Test
    void failureWhileCleaningUp_isSuppressedInTheFirstFailure() {
        RuntimeException first = new RuntimeException("first");
        IllegalStateException second = new IllegalStateException("second");

        Closing.afterFailure(first, List.of(closes("a"), fails(second)));

        assertThat(first.getSuppressed()).containsExactly(second);
        assertThat(closed).containsExactly("a");
    }

    private AutoCloseable closes(String name) {
        return () -> closed.add(name);
    }

    private static AutoCloseable fails(RuntimeException failure) {
        return () -> {
            throw failure;
        };
    }
}
