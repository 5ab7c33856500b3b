package wurstchen.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import wurstchen.PictureDefaults;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.QueueFullException;
import wurstchen.RequestFailedException;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Picture;

/** Several pipelines of formulas behind one. A test that hangs fails. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipelinesTest {
    private static final String START = "start C [1, 16, 3, 6]";

    private final List<FormulaStages> devices = List.of(new FormulaStages(), new FormulaStages(), new FormulaStages());
    private final Pipelines pipelines = Pipelines.over(devices, stages -> stages.pipeline().build());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch goOn = new CountDownLatch(1);

    @AfterEach
    void end() {
        goOn.countDown();
        pipelines.close();
        threads.shutdown();
    }

    private static PictureRequest request(long seed) {
        return PictureRequest.builder("a").seed(seed).build();
    }

    private int starts(int device) {
        return (int) devices.get(device).calls().stream().filter(START::equals).count();
    }

    private List<Integer> starts() {
        return List.of(starts(0), starts(1), starts(2));
    }

    /** Makes every step of every device wait until {@link #goOn}. */
    private void holdSteps() {
        devices.forEach(stages -> stages.inEveryStep(() -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
    }

    private static void awaitWaiting(Pipelines pipelines, int requests) {
        while (pipelines.waitingRequests() != requests) {
            Thread.onSpinWait();
        }
    }

    @Test
    void pictures_areThoseOfOnePipeline() {
        List<Picture> expected = new ArrayList<>();
        try (Wurstchen one = new FormulaStages().pipeline().build()) {
            for (int seed = 0; seed < 12; seed++) {
                expected.add(one.generate(request(seed)).first().picture());
            }
        }

        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        for (int seed = 0; seed < 12; seed++) {
            made.add(pipelines.generateAsync(request(seed)));
        }

        assertThat(made.stream().map(each -> each.join().first().picture())).containsExactlyElementsOf(expected);
        assertThat(pipelines.generate(request(3)).first().picture()).isEqualTo(expected.get(3));
        assertThat(pipelines.generateAsync(request(4), threads).join().first().picture()).isEqualTo(expected.get(4));
        assertThat(pipelines.size()).isEqualTo(3);
        assertThat(pipelines.defaults()).isEqualTo(FormulaStages.DEFAULTS);
        assertThat(pipelines.geometry().stageC(1, 128, 256).pictures()).isEqualTo(1);
    }

    /** Each of three requests waits in its step until all three are in theirs. */
    @Test
    void requests_areWorkedOnAtTheSameTime() {
        CyclicBarrier together = new CyclicBarrier(3);
        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            made.add(pipelines.generateAsync(PictureRequest.builder("a")
                    .listener(step -> {
                        try {
                            together.await(1, TimeUnit.MINUTES);
                        } catch (Exception e) {
                            throw new AssertionError(e);
                        }
                    })
                    .build()));
        }

        made.forEach(CompletableFuture::join);
        assertThat(starts()).containsExactly(1, 1, 1);
    }

    @Test
    void request_goesToTheLeastLoaded_byPicturesAndPixelsAndSteps() {
        holdSteps();
        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        made.add(pipelines.generateAsync(request(1).toBuilder().pictures(4).build())); // device 0: 4 pictures of work
        made.add(pipelines.generateAsync(request(1).toBuilder().size(256, 256).build())); // device 1: 2
        made.add(pipelines.generateAsync(request(1).toBuilder().stageCSteps(1).stageBSteps(1).build())); // device 2: 0.4
        made.add(pipelines.generateAsync(request(1))); // device 2: 1.4
        made.add(pipelines.generateAsync(request(1))); // device 2: 2.4
        made.add(pipelines.generateAsync(request(1))); // device 1: 3
        assertThat(pipelines.waitingRequests()).isEqualTo(3);

        goOn.countDown();
        made.forEach(CompletableFuture::join);
        assertThat(starts()).containsExactly(4, 1, 3);
        assertThat(devices.get(1).calls()).contains("start C [1, 16, 6, 6]");
        assertThat(pipelines.waitingRequests()).isZero();
    }

    @Test
    void finishedAndRefusedAndCancelledRequests_countNoMore() {
        pipelines.generate(request(1).toBuilder().pictures(50).build());
        assertThatThrownBy(() -> pipelines.generate(request(1).toBuilder().size(4000, 4000).pictures(50).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("width must be a multiple of 128, at most 4096, got 4000; nearest: 3968, 4096");
        assertThatThrownBy(() -> pipelines.generateAsync(request(1).toBuilder().size(4000, 4000).pictures(50).build()))
                .isInstanceOf(IllegalArgumentException.class);
        devices.forEach(FormulaStages::clearCalls);
        holdSteps();
        CompletableFuture<PictureResult> cancelled = pipelines.generateAsync(request(1).toBuilder().pictures(50).build());
        cancelled.cancel(true);

        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            made.add(pipelines.generateAsync(request(i), threads));
        }
        goOn.countDown();
        made.forEach(CompletableFuture::join);
        assertThat(starts(1)).isEqualTo(1);
        assertThat(starts(2)).isEqualTo(1);
    }

    @Test
    void fullQueue_passesOnToTheNext_untilAllAreFull() {
        List<FormulaStages> two = devices.subList(0, 2);
        try (Pipelines small = Pipelines.over(two, stages -> stages.pipeline().maxWaitingRequests(1).build())) {
            holdSteps();
            List<CompletableFuture<PictureResult>> made = new ArrayList<>();
            made.add(small.generateAsync(request(1).toBuilder().pictures(9).build())); // the first has much to do
            made.add(small.generateAsync(request(2)));
            made.add(small.generateAsync(request(3)));
            awaitWaiting(small, 1);
            made.add(small.generateAsync(request(4))); // the second is full
            awaitWaiting(small, 2);

            assertThatThrownBy(() -> small.generateAsync(request(5)))
                    .isInstanceOf(QueueFullException.class)
                    .hasMessage("the queue is full: 1 requests wait already, and no more may; send it again later");
            assertThatThrownBy(() -> small.generate(request(5))).isInstanceOf(QueueFullException.class);
            goOn.countDown();
            made.forEach(CompletableFuture::join);
            assertThat(List.of(starts(0), starts(1))).containsExactly(10, 2);
            assertThat(small.generate(request(6)).pictures()).as("there is room again").hasSize(1);
        }
    }

    @Test
    void failingPipeline_doesNotDrawTheRequests() {
        devices.get(0).failAtStep(1);
        int failed = 0;
        for (int i = 0; i < 30; i++) {
            try {
                pipelines.generate(request(i));
            } catch (RequestFailedException e) {
                assertThat(e).hasMessage("Stage C failed at step 1");
                failed++;
            }
        }

        assertThat(failed).isEqualTo(1);
        devices.get(0).failAtStep(0);
        holdSteps();
        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            made.add(pipelines.generateAsync(request(i)));
        }
        goOn.countDown();
        made.forEach(CompletableFuture::join);
        assertThat(starts(0)).as("it gets some work when the others have much").isGreaterThan(1);
    }

    @Test
    void failedFuture_isTheCallers() {
        devices.forEach(stages -> stages.failAtStep(2));

        assertThatThrownBy(pipelines.generateAsync(request(1))::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(RequestFailedException.class)
                .hasMessage("Stage C failed at step 2");
    }

    /** Listeners of two pipelines that made pictures with each other's pipeline would wait for each other for ever. */
    @Test
    void requestOfAListener_isMadeByItsOwnPipeline() throws Exception {
        CyclicBarrier together = new CyclicBarrier(3);
        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            boolean[] first = {true};
            made.add(pipelines.generateAsync(PictureRequest.builder("a")
                    .listener(step -> {
                        if (first[0]) {
                            first[0] = false;
                            try {
                                together.await(1, TimeUnit.MINUTES);
                            } catch (Exception e) {
                                throw new AssertionError(e);
                            }
                            pipelines.generate(request(1));
                        }
                    })
                    .build()));
        }

        made.forEach(CompletableFuture::join);
        assertThat(starts()).containsExactly(2, 2, 2);
    }

    @Test
    void close_endsAllRequests() {
        holdSteps();
        List<CompletableFuture<PictureResult>> made = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            made.add(pipelines.generateAsync(request(i)));
        }
        pipelines.close();
        goOn.countDown();

        assertThat(made).allSatisfy(each -> assertThatThrownBy(each::join).hasCauseInstanceOf(PipelineClosedException.class));
        assertThatThrownBy(() -> pipelines.generate(request(1)))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessage("this Wurstchen is closed: open a new one");
        pipelines.close();
    }

    @Test
    void close_closesAllEvenIfOneFails() {
        List<String> closed = new ArrayList<>();
        Pipelines three = Pipelines.over(List.of("a", "b", "c"), name -> new FormulaStages()
                .pipeline()
                .owning(() -> {
                    closed.add(name);
                    if (name.equals("b")) {
                        throw new IllegalStateException("stuck");
                    }
                })
                .build());

        assertThatThrownBy(three::close)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("could not close all of the pipelines: could not close all of the pipeline: stuck");
        assertThat(closed).containsExactly("c", "b", "a");
    }

    @Test
    void deviceThatDoesNotOpen_closesThoseThatDid() {
        List<String> closed = new ArrayList<>();
        assertThatThrownBy(() -> Pipelines.over(List.of("a", "b", "c"), name -> {
                    if (name.equals("c")) {
                        throw new WurstchenException("no such device: c", null);
                    }
                    return new FormulaStages().pipeline().owning(() -> closed.add(name)).build();
                }))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("no such device: c");
        assertThat(closed).containsExactly("b", "a");
    }

    @Test
    void wrongDevices_areNamed() {
        assertThatThrownBy(() -> Pipelines.over(List.<String>of(), name -> new FormulaStages().pipeline().build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no devices: give at least one, such as Device.cuda(0)");

        PictureDefaults other = PictureDefaults.builder().size(128, 128).stageC(3, 4.0f).stageB(2, 0.0f).build();
        assertThatThrownBy(() -> Pipelines.over(List.of(FormulaStages.DEFAULTS, other), defaults ->
                        new FormulaStages().pipeline().defaults(defaults).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the pipeline on " + other + " has another model than the first one: expected " + FormulaStages.DEFAULTS + ", got "
                        + other + "; open the same model on every device");
    }
}
