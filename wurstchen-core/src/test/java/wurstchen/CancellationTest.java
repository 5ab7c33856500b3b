package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import wurstchen.image.Picture;
import wurstchen.stage.Engine;

/** Stopping requests, and the queue in which they wait. */
class CancellationTest {
    private final FormulaStages stages = new FormulaStages();
    private final RecordingEngine engine = new RecordingEngine();
    private final Wurstchen wurstchen =
            stages.pipeline(new PictureDefaults(256, 128, 3, 4.0f, 2, 0.0f)).engine(engine).build();
    private final Cancellation cancellation = new Cancellation();

    private static final class RecordingEngine implements Engine {
        private int stops;

        @Override
        public String description() {
            return "formulas";
        }

        @Override
        public void stop() {
            stops++;
        }
    }

    private PictureRequest.Builder request() {
        return PictureRequest.builder("a").seed(1).cancellation(cancellation);
    }

    private Picture picture() {
        return wurstchen.generate(PictureRequest.builder("a").seed(1).build()).first().picture();
    }

    private void assertCancelled(PictureRequest.Builder request, String message) {
        assertThatThrownBy(() -> wurstchen.generate(request.build()))
                .isInstanceOf(CancelledException.class)
                .hasMessage(message);
    }

    @Test
    void cancelledRequest_doesNotBegin() {
        cancellation.cancel();
        cancellation.cancel();

        assertThat(cancellation.isCancelled()).isTrue();
        assertCancelled(request(), "cancelled before the first step");
        assertThat(stages.calls).isEmpty();
        assertThat(engine.stops).isZero();
    }

    @Test
    void requestThatIsNotCancelled_isMade() {
        Picture expected = picture();

        assertThat(wurstchen.generate(request().build()).first().picture()).isEqualTo(expected);
        assertThat(engine.stops).isZero();
        cancellation.cancel();
        assertThat(engine.stops).as("what is over is not stopped").isZero();
    }

    @Test
    void listenerThatCancels_stopsAfterItsStep() {
        assertCancelled(
                request().listener(step -> {
                    if (step.step() == 2) {
                        cancellation.cancel();
                    }
                }),
                "cancelled in Stage C after 2 of 3 steps");
        assertThat(engine.stops).isEqualTo(1);
        assertThat(stages.calls).doesNotContain("start B [1, 4, 32, 64] from [1, 16, 3, 6]");
        assertThat(picture()).as("the pipeline is usable").isNotNull();
    }

    @Test
    void listenerThatCancelsAtTheLastStep_getsNoPicture() {
        assertCancelled(
                request().listener(step -> {
                    if (step.stage() == CascadeStage.STAGE_B && step.step() == 2) {
                        cancellation.cancel();
                    }
                }),
                "cancelled in Stage B after 2 of 2 steps");
    }

    @Test
    void stageThatFailsBecauseItWasStopped_isTheCause() {
        stages.failAtStep = 2;
        assertThatThrownBy(() -> wurstchen.generate(request()
                        .listener(step -> {
                            cancellation.cancel();
                            throw new IllegalStateException("stopped");
                        })
                        .build()))
                .isInstanceOf(CancelledException.class)
                .hasMessage("cancelled in Stage C after 1 of 3 steps")
                .hasRootCauseMessage("stopped");
    }

    @Test
    void failureWithoutCancellation_staysWhatItIs() {
        stages.failAtStep = 2;

        assertThatThrownBy(() -> wurstchen.generate(request().build()))
                .isInstanceOf(WurstchenException.class)
                .isNotInstanceOf(CancelledException.class);
    }

    @Test
    void requestsOfSeveralThreads_areMadeOneAtATime() throws Exception {
        Picture expected = picture();
        List<Integer> steps = Collections.synchronizedList(new ArrayList<>());
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Picture>> made = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int number = i;
                PictureRequest request = PictureRequest.builder("a")
                        .seed(1)
                        .listener(step -> steps.add(number))
                        .build();
                made.add(threads.submit(() -> wurstchen.generate(request).first().picture()));
            }
            for (Future<Picture> one : made) {
                assertThat(one.get()).isEqualTo(expected);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(steps).hasSize(8 * 5);
        for (int i = 0; i < steps.size(); i++) {
            assertThat(steps.get(i)).as("step %s", i).isEqualTo(steps.get(i / 5 * 5));
        }
    }

    @Test
    void listenerThatMakesAPicture_doesNotWaitForItself() {
        Picture expected = picture();
        List<Picture> inner = new ArrayList<>();

        Picture outer = wurstchen.generate(PictureRequest.builder("a")
                        .seed(1)
                        .listener(step -> inner.add(picture()))
                        .build())
                .first()
                .picture();

        assertThat(outer).isEqualTo(expected);
        assertThat(inner).hasSize(5).containsOnly(expected);
    }

    /** Runs something on another thread while a request is in a step. */
    private void duringAStep(ThrowingRunnable other) throws Exception {
        CountDownLatch inStep = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Thread busy = new Thread(() -> wurstchen.generate(PictureRequest.builder("a")
                .listener(step -> {
                    inStep.countDown();
                    awaitUninterruptibly(goOn);
                })
                .build()));
        busy.start();
        try {
            inStep.await();
            other.run();
        } finally {
            goOn.countDown();
            busy.join();
        }
    }

    private interface ThrowingRunnable {
        void run() throws Exception;
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Future<?> whileWaiting(ExecutorService thread) throws Exception {
        Future<?> waiting = thread.submit(() -> wurstchen.generate(request().build()));
        while (wurstchen.waitingRequests() == 0) {
            Thread.onSpinWait();
        }
        return waiting;
    }

    @Test
    void waitingRequest_isCancelledAtOnce() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            duringAStep(() -> {
                Future<?> waiting = whileWaiting(thread);
                cancellation.cancel();
                assertThatThrownBy(waiting::get)
                        .cause()
                        .isInstanceOf(CancelledException.class)
                        .hasMessage("cancelled before the first step");
                assertThat(engine.stops).as("the request in the step is another one").isZero();
            });
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void waitingRequest_isSentAwayWhenThePipelineCloses() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            duringAStep(() -> {
                Future<?> waiting = whileWaiting(thread);
                wurstchen.close();
                assertThatThrownBy(waiting::get)
                        .cause()
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("this Wurstchen is closed: open a new one");
            });
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void interruptedThread_keepsWaitingAndStaysInterrupted() throws Exception {
        List<Boolean> interrupted = Collections.synchronizedList(new ArrayList<>());
        Thread waiting = new Thread(() -> {
            wurstchen.generate(PictureRequest.builder("a").build());
            interrupted.add(Thread.currentThread().isInterrupted());
        });
        duringAStep(() -> {
            waiting.start();
            while (wurstchen.waitingRequests() == 0) {
                Thread.onSpinWait();
            }
            waiting.interrupt();
        });
        waiting.join();

        assertThat(interrupted).containsExactly(true);
    }
}
