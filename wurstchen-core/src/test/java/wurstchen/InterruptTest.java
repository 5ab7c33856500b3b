package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Interrupts of the thread that makes or waits for pictures. */
class InterruptTest extends ServiceTestCase {
    /** What a request said, and whether its thread was interrupted afterwards. */
    private record Outcome(RuntimeException thrown, boolean interrupted) {}

    private Outcome outcome() {
        try {
            wurstchen.generate(request().build());
            return new Outcome(null, Thread.interrupted());
        } catch (CancelledException e) {
            return new Outcome(e, Thread.interrupted());
        }
    }

    private static void assertInterrupted(Outcome outcome, String message) {
        assertThat(outcome.thrown()).isInstanceOf(CancelledException.class).hasMessage(message);
        assertThat(outcome.interrupted()).as("the flag stays set").isTrue();
    }

    @Test
    void interruptedThread_doesNotBegin() {
        Thread.currentThread().interrupt();

        assertInterrupted(outcome(), "interrupted before the first step");
        assertThat(stages.calls()).isEmpty();
        assertThat(wurstchen.waitingRequests()).isZero();
    }

    @Test
    void waitingThread_stopsWaiting() throws Exception {
        FutureTask<Outcome> waiting = new FutureTask<>(this::outcome);
        duringAStep(() -> {
            Thread thread = new Thread(waiting);
            thread.start();
            awaitWaiting(1);
            thread.interrupt();

            assertInterrupted(waiting.get(), "interrupted before the first step");
            assertThat(engine.stops).as("the request in the step is another one").isZero();
        });
        assertThat(picture()).as("the pipeline is usable").isNotNull();
    }

    @Test
    void threadInsideAStep_hasItsEngineStoppedAtOnce() throws Exception {
        CountDownLatch inStep = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        stages.inEveryStep(() -> {
            inStep.countDown();
            // As native code, which does not look at the flag.
            while (engine.stops == 0) {
                Thread.onSpinWait();
            }
            stopped.countDown();
        });
        FutureTask<Outcome> running = new FutureTask<>(this::outcome);
        Thread thread = new Thread(running);
        thread.start();
        await(inStep);
        thread.interrupt();

        await(stopped);
        assertInterrupted(running.get(), "interrupted in Stage C after 1 of 3 steps");
        assertThat(engine.stops).isEqualTo(1);
    }

    @Test
    void listenerThatInterrupts_stopsAfterItsStep() {
        assertThatThrownBy(() -> wurstchen.generate(
                        request().listener(step -> Thread.currentThread().interrupt()).build()))
                .isInstanceOf(CancelledException.class)
                .hasMessage("interrupted in Stage C after 1 of 3 steps");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void stageThatClearsTheFlag_leavesItSet() {
        Thread thread = Thread.currentThread();
        stages.inEveryStep(() -> {
            threads.execute(thread::interrupt);
            try {
                Thread.sleep(NEVER.toMillis());
            } catch (InterruptedException e) {
                throw new IllegalStateException("the remote side does not answer", e);
            }
        });

        assertThatThrownBy(() -> wurstchen.generate(request().build()))
                .isInstanceOf(CancelledException.class)
                .hasMessage("interrupted in Stage C")
                .cause()
                .hasMessage("the remote side does not answer");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void shutdownNow_stopsARequestThatRunsAndOneThatWaits() throws Exception {
        CountDownLatch inStep = new CountDownLatch(1);
        stages.inEveryStep(() -> {
            inStep.countDown();
            while (engine.stops == 0) {
                Thread.onSpinWait();
            }
        });
        Future<Outcome> running = threads.submit(this::outcome);
        await(inStep);
        Future<Outcome> waiting = threads.submit(this::outcome);
        awaitWaiting(1);
        threads.shutdownNow();

        assertThat(threads.awaitTermination(NEVER.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertInterrupted(running.get(), "interrupted in Stage C after 1 of 3 steps");
        assertInterrupted(waiting.get(), "interrupted before the first step");
    }
}
