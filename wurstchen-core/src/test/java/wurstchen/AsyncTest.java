package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import wurstchen.image.Picture;

/** Requests whose caller gets a future. */
class AsyncTest extends ServiceTestCase {
    private final List<String> threadNames = new ArrayList<>();

    private PictureRequest namingItsThread() {
        return request().listener(step -> threadNames.add(Thread.currentThread().getName())).build();
    }

    private static Throwable failure(CompletableFuture<?> future) throws Exception {
        try {
            future.get(NEVER.toSeconds(), TimeUnit.SECONDS);
            throw new AssertionError("no failure");
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    @Test
    void future_getsThePicture() {
        Picture expected = picture();

        assertThat(wurstchen.generateAsync(request().build()).join().first().picture()).isEqualTo(expected);
        assertThat(wurstchen.generateAsync(request().build(), threads).join().first().picture()).isEqualTo(expected);
    }

    @Test
    void ownThread_isADaemonOfThePipeline() {
        List<Boolean> daemon = new ArrayList<>();
        wurstchen.generateAsync(request().listener(step -> daemon.add(Thread.currentThread().isDaemon())).build()).join();
        wurstchen.generateAsync(namingItsThread()).join();

        assertThat(daemon).hasSize(5).containsOnly(true);
        assertThat(threadNames).hasSize(5).containsOnly("wurstchen-request");
    }

    @Test
    void executorOfThePipeline_andOfTheCall_areUsed() {
        ExecutorService first = Executors.newSingleThreadExecutor(work -> new Thread(work, "of the pipeline"));
        ExecutorService second = Executors.newSingleThreadExecutor(work -> new Thread(work, "of the call"));
        try (Wurstchen own = stages.pipeline().executor(first).build()) {
            own.generateAsync(namingItsThread()).join();
            own.generateAsync(namingItsThread(), second).join();
        } finally {
            first.shutdown();
            second.shutdown();
        }

        assertThat(threadNames).hasSize(10);
        assertThat(threadNames.subList(0, 5)).containsOnly("of the pipeline");
        assertThat(threadNames.subList(5, 10)).containsOnly("of the call");
    }

    @Test
    void wrongSize_isThrownAtOnce() {
        assertThatThrownBy(() -> wurstchen.generateAsync(request().size(1000, 1024).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024");
        assertThat(wurstchen.waitingRequests()).isZero();
    }

    @Test
    void failingStage_failsTheFuture() throws Exception {
        stages.failAtStep(2);

        assertThat(failure(wurstchen.generateAsync(request().build())))
                .isInstanceOf(RequestFailedException.class)
                .hasMessage("Stage C failed at step 2");
    }

    /** Has a future ended in some way while its request is in a step, and waits until the request is over. */
    private void endDuringAStep(Ending ending) {
        CountDownLatch inStep = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        stages.inEveryStep(() -> {
            inStep.countDown();
            while (engine.stops == 0) {
                Thread.onSpinWait();
            }
        });
        CompletableFuture<PictureResult> future = wurstchen.generateAsync(request().build(), work -> threads.execute(() -> {
            work.run();
            over.countDown();
        }));
        await(inStep);
        ending.end(future);
        await(over);
        assertThat(stages.calls()).containsExactly("encode 2", "encode 1", "start C [1, 16, 3, 6]");
        assertThat(engine.stops).isEqualTo(1);
        assertThat(picture()).as("the pipeline is usable").isNotNull();
    }

    private interface Ending {
        void end(CompletableFuture<PictureResult> future);
    }

    @Test
    void cancelledFuture_stopsItsRequestWithinAStep() {
        endDuringAStep(future -> {
            assertThat(future.cancel(true)).isTrue();
            assertThatThrownBy(future::join).isInstanceOf(CancellationException.class);
        });
    }

    @Test
    void futureThatTimesOut_stopsItsRequest() {
        endDuringAStep(future -> assertThatThrownBy(future.orTimeout(1, TimeUnit.MILLISECONDS)::join)
                .hasCauseInstanceOf(TimeoutException.class));
    }

    @Test
    void cancelledFutureOfAWaitingRequest_leavesTheQueue() throws Exception {
        duringAStep(() -> {
            CompletableFuture<PictureResult> waiting = wurstchen.generateAsync(request().build());
            awaitWaiting(1);
            waiting.cancel(false);
            awaitWaiting(0);
            assertThat(engine.stops).as("the request in the step is another one").isZero();
        });
        assertThat(stages.calls()).as("of the other one").containsOnlyOnce("decode [1, 4, 32, 64]");
    }

    @Test
    void closedPipeline_failsTheFuturesOfAllThatWait() throws Exception {
        List<CompletableFuture<PictureResult>> waiting = new ArrayList<>();
        duringAStep(() -> {
            for (int i = 0; i < 5; i++) {
                waiting.add(wurstchen.generateAsync(request().build()));
            }
            wurstchen.close();
            for (CompletableFuture<PictureResult> each : waiting) {
                assertThat(failure(each))
                        .isInstanceOf(PipelineClosedException.class)
                        .hasMessage("this Wurstchen is closed: open a new one");
            }
        });
        assertThatThrownBy(() -> wurstchen.generateAsync(request().build()))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessage("this Wurstchen is closed: open a new one");
    }

    @Test
    void executorThatRejects_failsTheFutureAndHoldsUpNobody() throws Exception {
        ExecutorService closed = Executors.newSingleThreadExecutor();
        closed.shutdown();

        assertThat(failure(wurstchen.generateAsync(request().build(), closed))).isInstanceOf(RejectedExecutionException.class);
        assertThat(picture()).isNotNull();
        assertThat(wurstchen.waitingRequests()).isZero();
    }

    @Test
    void executorThatLosesItsWork_holdsUpNobody() throws Exception {
        Executor losing = work -> {};
        CompletableFuture<PictureResult> lost = wurstchen.generateAsync(request().build(), losing);

        assertThat(picture()).isNotNull();
        assertThat(wurstchen.generateAsync(request().build()).join().pictures()).hasSize(1);
        assertThat(lost).isNotDone();
        wurstchen.close();
        assertThat(failure(lost)).isInstanceOf(PipelineClosedException.class);
    }

    /** The only thread that could make the first picture waits for the second. */
    @Test
    void executorWhoseOnlyThreadWaitsForThePipeline_doesNotHang() throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        try {
            assertThat(one.submit(() -> {
                        CompletableFuture<PictureResult> later = wurstchen.generateAsync(request().build(), one);
                        wurstchen.generate(request().build());
                        return later;
                    }).get(NEVER.toSeconds(), TimeUnit.SECONDS).get(NEVER.toSeconds(), TimeUnit.SECONDS).pictures())
                    .hasSize(1);
        } finally {
            one.shutdown();
        }
    }

    @Test
    void executorThatRunsItsWorkOnTheCaller_makesThePicturesThere() throws Exception {
        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        wurstchen.generate(request()
                .listener(step -> made.add(wurstchen.generateAsync(request().build(), Runnable::run)))
                .build());
        duringAStep(() -> made.add(wurstchen.generateAsync(request().build(), threads)));
        made.add(wurstchen.generateAsync(request().build(), Runnable::run));

        assertThat(made).hasSize(7);
        for (CompletableFuture<PictureResult> each : made) {
            assertThat(each.get(NEVER.toSeconds(), TimeUnit.SECONDS).pictures()).hasSize(1);
        }
    }

    @Test
    void interruptOfTheExecutorsThread_failsTheFuture() throws Exception {
        CountDownLatch inStep = new CountDownLatch(1);
        stages.inEveryStep(() -> {
            inStep.countDown();
            while (engine.stops == 0) {
                Thread.onSpinWait();
            }
        });
        CompletableFuture<PictureResult> future = wurstchen.generateAsync(request().build(), threads);
        await(inStep);
        threads.shutdownNow();

        assertThat(failure(future))
                .isInstanceOf(CancelledException.class)
                .hasMessage("interrupted in Stage C after 1 of 3 steps");
    }
}
