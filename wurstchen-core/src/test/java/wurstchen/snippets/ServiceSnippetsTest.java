package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.Cancellation;
import wurstchen.CancelledException;
import wurstchen.DeadlineExceededException;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.QueueFullException;
import wurstchen.UnfinishedRequestException;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;
import wurstchen.pool.Pipelines;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.Handover;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;

/** What a service does with a pipeline. */
class ServiceSnippetsTest {
    private final FormulaStages stages = new FormulaStages();
    private final Wurstchen wurstchen = stages.pipeline().build();
    private final ExecutorService executor = Executors.newCachedThreadPool();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        wurstchen.close();
        executor.shutdownNow();
    }

    @Test
    void future() throws Exception {
        // @start region="future"
        CompletableFuture<Void> written = wurstchen
                .generateAsync(PictureRequest.builder("a red apple").seed(42).build())
                .thenAccept(result -> result.first().writePng(folder.resolve("apple.png")));
        // @end
        written.get();
        assertThat(folder.resolve("apple.png")).exists();
    }

    @Test
    void pipelines() {
        List<FormulaStages> devices = List.of(new FormulaStages(), new FormulaStages());
        List<PictureRequest> requests = List.of(PictureRequest.builder("a").seed(1).build(), PictureRequest.builder("b").seed(1).build());
        // @start region="pipelines"
        // With wurstchen-onnx: device -> OnnxWurstchen.builder().model(bundle).device(device).open()
        try (Pipelines pipelines = Pipelines.over(devices, device -> device.pipeline().build())) {
            List<CompletableFuture<PictureResult>> results = requests.stream().map(pipelines::generateAsync).toList();
            results.forEach(result -> result.join().first().writePng(folder.resolve(result.join().first().settings().prompt() + ".png")));
        }
        // @end
        assertThat(folder.resolve("a.png")).exists();
        assertThat(folder.resolve("b.png")).exists();
    }

    @Test
    void cancelledFuture() {
        PictureRequest request = PictureRequest.builder("a").build();
        // @start region="cancelled-future"
        CompletableFuture<PictureResult> future = wurstchen.generateAsync(request, executor);
        future.cancel(true); // the request stops within a step
        // @end
        assertThatThrownBy(future::join).isInstanceOf(CancellationException.class);
    }

    @Test
    void interrupt() throws Exception {
        PictureRequest request = PictureRequest.builder("a").build();
        CountDownLatch inStep = new CountDownLatch(1);
        stages.inEveryStep(() -> {
            inStep.countDown();
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        List<String> log = new ArrayList<>();
        // @start region="interrupt"
        Future<?> task = executor.submit(() -> {
            try {
                return wurstchen.generate(request);
            } catch (CancelledException e) {
                log.add(e.getMessage()); // interrupted in Stage C after 1 of 3 steps
                throw e;
            }
        });
        // @end
        inStep.await();
        executor.shutdownNow();
        assertThatThrownBy(task::get).isInstanceOf(ExecutionException.class);
        assertThat(log).containsExactly("interrupted in Stage C after 1 of 3 steps");
    }

    @Test
    void cancellation() {
        Consumer<Runnable> cancelButton = Runnable::run;
        // @start region="cancellation"
        Cancellation cancellation = new Cancellation();
        cancelButton.accept(cancellation::cancel);
        PictureRequest request = PictureRequest.builder("a red apple").cancellation(cancellation).build();
        // @end
        assertThatThrownBy(() -> wurstchen.generate(request)).isInstanceOf(CancelledException.class);
    }

    private int status(PictureRequest request) {
        // @start region="errors"
        try {
            wurstchen.generate(request.toBuilder().deadline(Duration.ofSeconds(30)).build());
            return 200;
        } catch (QueueFullException e) {
            return 503; // try again later
        } catch (DeadlineExceededException e) {
            return 504;
        }
        // @end
    }

    @Test
    void errors() {
        assertThat(status(PictureRequest.builder("a").build())).isEqualTo(200);
    }

    @Test
    void queue() {
        // @start region="queue"
        Wurstchen limited = stages.pipeline().maxWaitingRequests(8).build();
        int waiting = limited.waitingRequests(); // a gauge for the service's metrics
        // @end
        assertThat(waiting).isZero();
        limited.close();
    }

    @Test
    void consumer() {
        // @start region="consumer"
        wurstchen.generate(PictureRequest.builder("a red apple")
                .seed(1)
                .pictures(12)
                .consumer(picture -> picture.writePng(folder.resolve("apple-" + picture.settings().seed() + ".png")))
                .build());
        // @end
        assertThat(folder.toFile().list()).hasSize(12).contains("apple-1.png", "apple-12.png");
    }

    @Test
    void handover() {
        // @start region="handover"
        try (Handover<GeneratedPicture> files = Handover.to(
                picture -> picture.writePng(folder.resolve("apple-" + picture.settings().seed() + ".png")))) {
            wurstchen.generate(
                    PictureRequest.builder("a red apple").seed(1).pictures(12).consumer(files).build());
        }
        // @end
        assertThat(folder.toFile().list()).hasSize(12).contains("apple-1.png", "apple-12.png");
    }

    @Test
    void finishedPictures() {
        PictureRequest request = PictureRequest.builder("a").seed(1).pictures(3).build();
        AtomicInteger steps = new AtomicInteger();
        stages.inEveryStep(() -> {
            if (steps.incrementAndGet() == 6) {
                throw new IllegalStateException("of the second picture");
            }
        });
        List<GeneratedPicture> saved = new ArrayList<>();
        // @start region="finished-pictures"
        try {
            saved.addAll(wurstchen.generate(request).pictures());
        } catch (UnfinishedRequestException e) {
            saved.addAll(e.pictures());
            PictureRequest rest = request.toBuilder() // the others, with their own seeds
                    .seed(request.seed().orElseThrow() + e.finishedPictures())
                    .pictures(request.pictures() - e.finishedPictures())
                    .build();
            saved.addAll(wurstchen.generate(rest).pictures());
        }
        // @end
        assertThat(saved).extracting(picture -> picture.settings().seed()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void progress() {
        List<Double> shown = new ArrayList<>();
        DoubleConsumer progressBar = shown::add;
        // @start region="progress"
        RequestListener listener = new RequestListener() {
            @Override
            public void onStep(CompletedStep step) {
                progressBar.accept(step.progress());
            }

            @Override
            public void onStageFinished(StageProgress stage) {
                progressBar.accept(stage.progress());
            }
        };
        wurstchen.generate(PictureRequest.builder("a red apple").listener(listener).build());
        // @end
        assertThat(shown).isSorted().endsWith(1.0);
    }
}
