package wurstchen.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HandoverTest {
    private final List<Integer> taken = Collections.synchronizedList(new ArrayList<>());

    @Test
    void values_areTakenInTheirOrder_onOneOtherThread() {
        List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        try (Handover<Integer> handover = Handover.to(value -> {
            taken.add(value);
            threads.add(Thread.currentThread());
        })) {
            IntStream.range(0, 100).forEach(handover::accept);
        }

        assertThat(taken).containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
        assertThat(threads).doesNotContain(Thread.currentThread());
        assertThat(threads.stream().distinct()).hasSize(1).allMatch(Thread::isDaemon);
    }

    @Test
    void giver_goesOn_whileTheConsumerIsBusy() {
        CountDownLatch given = new CountDownLatch(1);
        try (Handover<Integer> handover = Handover.to(awaiting(given))) {
            for (int i = 0; i <= Handover.MOST_WAITING; i++) {
                handover.accept(i);
            }
            assertThat(taken).isEmpty();
            given.countDown();
            handover.await();
            assertThat(taken).hasSize(Handover.MOST_WAITING + 1);
        }
    }

    @Test
    void giver_waits_whereMoreWouldWait() throws InterruptedException {
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger accepted = new AtomicInteger();
        Handover<Integer> handover = Handover.to(awaiting(go));
        Thread giver = new Thread(() -> {
            for (int i = 0; i < 3 * Handover.MOST_WAITING; i++) {
                handover.accept(i);
                accepted.incrementAndGet();
            }
            handover.close();
        });
        giver.start();
        while (giver.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThat(accepted).hasValue(Handover.MOST_WAITING + 1);
        go.countDown();
        giver.join();

        assertThat(taken).hasSize(3 * Handover.MOST_WAITING);
    }

    private Consumer<Integer> awaiting(CountDownLatch latch) {
        return value -> {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            taken.add(value);
        };
    }

    @Test
    void failure_isThrownOnce() {
        IllegalStateException failure = new IllegalStateException("the disk is full");
        Handover<Integer> handover = Handover.to(value -> {
            throw failure;
        });
        handover.accept(0);

        assertThatThrownBy(handover::await).isSameAs(failure);
        handover.await();
        handover.close();
        assertThatThrownBy(() -> handover.accept(2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this handover is closed, or its consumer has failed");
    }

    @Test
    void failure_keepsWhatWaitsFromTheConsumer() {
        CountDownLatch given = new CountDownLatch(1);
        Handover<Integer> handover = Handover.to(awaiting(given).andThen(value -> {
            throw new IllegalStateException("the disk is full");
        }));
        handover.accept(1);
        handover.accept(2);
        given.countDown();

        assertThatThrownBy(handover::close).hasMessage("the disk is full");
        assertThat(taken).containsExactly(1);
    }

    @Test
    void failureOfTheLastValue_isThrownByClose() {
        IllegalStateException failure = new IllegalStateException("the disk is full");
        Handover<Integer> handover = Handover.to(value -> {
            throw failure;
        });
        handover.accept(0);

        assertThatThrownBy(handover::close).isSameAs(failure);
        handover.close();
    }

    @Test
    void interruptedGiver_waitsForTheConsumer_andStaysInterrupted() {
        CountDownLatch go = new CountDownLatch(1);
        Handover<Integer> handover = Handover.to(awaiting(go));
        handover.accept(0);
        Thread.currentThread().interrupt();
        new Thread(go::countDown).start();
        handover.close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(taken).containsExactly(0);
    }
}
