package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Picture;
import wurstchen.stage.Engine;

/** A pipeline of formulas, and what is needed to do something to it while a request runs or waits. A test that hangs fails. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class ServiceTestCase {
    /** Something that does not come in this time never comes. */
    static final Duration NEVER = Duration.ofMinutes(1);

    final FormulaStages stages = new FormulaStages();
    final RecordingEngine engine = new RecordingEngine();
    final ExecutorService threads = Executors.newCachedThreadPool();
    final Wurstchen wurstchen = stages.pipeline().engine(engine).build();

    static final class RecordingEngine implements Engine {
        volatile int stops;

        @Override
        public String description() {
            return "formulas";
        }

        @Override
        public synchronized void stop() {
            stops++;
        }
    }

    /** Something that a test does. */
    interface Action {
        void run() throws Exception;
    }

    @AfterEach
    void endThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(NEVER.toSeconds(), TimeUnit.SECONDS)).as("every thread ends").isTrue();
    }

    static PictureRequest.Builder request() {
        return PictureRequest.builder("a").seed(1);
    }

    Picture picture() {
        return wurstchen.generate(request().build()).first().picture();
    }

    /** Does something while another thread's request is in its first step. */
    void duringAStep(Action action) throws Exception {
        CountDownLatch inStep = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Future<?> busy = threads.submit(() -> wurstchen.generate(request()
                .listener(step -> {
                    inStep.countDown();
                    await(goOn);
                })
                .build()));
        try {
            await(inStep);
            action.run();
        } finally {
            goOn.countDown();
            try {
                busy.get(NEVER.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                assertThat(e).as("it ends well, unless its pipeline was closed").hasCauseInstanceOf(PipelineClosedException.class);
            }
        }
    }

    static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(NEVER.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    void awaitWaiting(int requests) {
        while (wurstchen.waitingRequests() != requests) {
            Thread.onSpinWait();
        }
    }
}
