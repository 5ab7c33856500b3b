package wurstchen.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InterruptWatchTest {
    private final AtomicInteger noticed = new AtomicInteger();

    @Test
    void interruptDuringTheWatch_isNoticedAtOnceAndStaysSet() throws InterruptedException {
        CountDownLatch watching = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            InterruptWatch watch = InterruptWatch.start(noticed::incrementAndGet);
            watching.countDown();
            // As native code, which does not look at the flag.
            while (noticed.get() == 0) {
                Thread.onSpinWait();
            }
            watch.stop();
            if (Thread.currentThread().isInterrupted()) {
                noticed.addAndGet(10);
            }
        });
        thread.start();
        watching.await();
        thread.interrupt();
        thread.join();

        assertThat(noticed).hasValue(11);
    }

    @Test
    void flagThatIsSetAlready_isNoticedAtOnce() {
        Thread.currentThread().interrupt();
        InterruptWatch watch = InterruptWatch.start(noticed::incrementAndGet);

        assertThat(noticed).hasValue(1);
        watch.stop();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void interruptAfterTheWatch_isNotNoticed() throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            InterruptWatch.start(noticed::incrementAndGet).stop();
            stopped.countDown();
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            interrupted.countDown();
        });
        thread.start();
        stopped.await();
        thread.interrupt();
        interrupted.await();
        thread.join();

        assertThat(noticed).hasValue(0);
    }
}
