package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.Cancellation;
import wurstchen.CancelledException;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;

/** Whole pictures of the tiny model, against the reference's and against each other. */
class OnnxWurstchenTest {
    private static Wurstchen wurstchen;

    @BeforeAll
    static void open() {
        wurstchen = OnnxWurstchen.builder().model(Golden.BUNDLE).device(Device.cpu()).open();
    }

    @AfterAll
    static void close() {
        wurstchen.close();
    }

    static List<Golden.Case> cases() {
        return Golden.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void picture_isTheReferences(Golden.Case golden) {
        Map<CascadeStage, float[]> latents = new EnumMap<>(CascadeStage.class);
        PictureRequest request = golden.request()
                .listener(step -> latents.put(step.stage(), step.latents().toHost()))
                .build();

        PictureResult result = wurstchen.generate(request);

        Golden.assertLatents(latents.get(CascadeStage.STAGE_C), golden.stageCLatents());
        if (!golden.stageBLatents().isNull()) {
            Golden.assertLatents(latents.get(CascadeStage.STAGE_B), golden.stageBLatents());
        }
        Golden.assertPicture(result.first().picture(), golden.picture());
    }

    @Test
    void weightsInEightBits_giveTheReferencesPictureWithTheSameRounding() {
        List<Golden.Case> cases = Golden.int8Cases();
        assertThat(cases).isNotEmpty();
        try (Wurstchen rounded = OnnxWurstchen.builder().model(Golden.INT8_BUNDLE).device(Device.cpu()).open()) {
            for (Golden.Case golden : cases) {
                Golden.assertPicture(rounded.generate(golden.request().build()).first().picture(), golden.picture());
            }
        }
    }

    @Test
    void severalPictures_oneAtATime_areThePicturesMadeAloneBitForBit() {
        PictureRequest.Builder request = Golden.named("both-guided").request().size(128, 128).seed(Long.MAX_VALUE - 1);

        List<GeneratedPicture> together = wurstchen.generate(request.pictures(3).build()).pictures();

        assertThat(together).hasSize(3);
        for (int i = 0; i < 3; i++) {
            PictureRequest alone = request.pictures(1).seed(Long.MAX_VALUE - 1 + i).build();
            assertThat(together.get(i).picture()).isEqualTo(wurstchen.generate(alone).first().picture());
        }
    }

    @Test
    void severalPictures_asABatch_areThePicturesMadeAlone() {
        PictureRequest.Builder request = Golden.named("both-guided").request().size(128, 256).pictures(3);

        List<GeneratedPicture> alone = wurstchen.generate(request.build()).pictures();
        List<GeneratedPicture> batch = wurstchen.generate(request.batchSize(3).build()).pictures();

        for (int i = 0; i < 3; i++) {
            Golden.assertPicture(batch.get(i).picture(), alone.get(i).picture());
        }
    }

    @Test
    void requestsOfSeveralThreads_giveThePicturesOfOneThread() throws Exception {
        List<Golden.Case> cases = List.of(Golden.named("negative"), Golden.named("stage-b-guided"), Golden.named("unguided"));
        List<Picture> expected = new ArrayList<>();
        for (Golden.Case one : cases) {
            expected.add(wurstchen.generate(one.request().build()).first().picture());
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Picture>> made = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                PictureRequest request = cases.get(i % 3).request().build();
                made.add(threads.submit(() -> wurstchen.generate(request).first().picture()));
            }
            for (int i = 0; i < made.size(); i++) {
                assertThat(made.get(i).get()).isEqualTo(expected.get(i % 3));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void failingListener_leavesThePipelineUsable() {
        Golden.Case golden = Golden.named("negative");
        PictureRequest stopped = golden.request()
                .listener(step -> {
                    throw new IllegalStateException("stop at " + step.stage() + " " + step.step());
                })
                .build();

        assertThatThrownBy(() -> wurstchen.generate(stopped)).isInstanceOf(IllegalStateException.class).hasMessage("stop at Stage C 1");

        Golden.assertPicture(wurstchen.generate(golden.request().build()).first().picture(), golden.picture());
    }

    @Test
    void cancelledRun_leavesThePipelineUsable() {
        Golden.Case golden = Golden.named("negative");
        Cancellation cancellation = new Cancellation();
        PictureRequest request = golden.request()
                .cancellation(cancellation)
                .listener(step -> cancellation.cancel())
                .build();

        assertThatThrownBy(() -> wurstchen.generate(request))
                .isInstanceOf(CancelledException.class)
                .hasMessageMatching("cancelled in Stage C after 1 of \\d+ steps");

        Golden.assertPicture(wurstchen.generate(golden.request().build()).first().picture(), golden.picture());
    }

    @Test
    void runCancelledByAnotherThread_stops() throws Exception {
        Golden.Case golden = Golden.named("negative");
        for (int i = 0; i < 20; i++) {
            Cancellation cancellation = new Cancellation();
            CountDownLatch begun = new CountDownLatch(1);
            PictureRequest request = golden.request()
                    .stageCSteps(1000)
                    .cancellation(cancellation)
                    .listener(step -> begun.countDown())
                    .build();
            Thread other = new Thread(() -> {
                try {
                    begun.await();
                    cancellation.cancel();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            other.start();

            assertThatThrownBy(() -> wurstchen.generate(request))
                    .isInstanceOf(CancelledException.class)
                    .hasMessageMatching("cancelled in Stage C after \\d+ of 1000 steps");
            other.join();
        }
        Golden.assertPicture(wurstchen.generate(golden.request().build()).first().picture(), golden.picture());
    }

    @Test
    void closedPipeline_refusesRequests() {
        Wurstchen closed = OnnxWurstchen.builder().model(Golden.BUNDLE).open();
        closed.close();
        closed.close();

        assertThatThrownBy(() -> closed.generate("a cat"))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessage("this Wurstchen is closed: open a new one");
    }

    @Test
    void pipelineClosedDuringARun_stopsTheRun() {
        Wurstchen closing = OnnxWurstchen.builder().model(Golden.BUNDLE).open();
        PictureRequest request =
                Golden.named("negative").request().listener(step -> closing.close()).build();

        assertThatThrownBy(() -> closing.generate(request))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessageMatching("this Wurstchen was closed in Stage C after 1 of \\d+ steps: open a new one");
    }

    @Test
    void noModel_isNamed() {
        assertThatThrownBy(() -> OnnxWurstchen.builder().open())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no model: call model(folder) or model(bundle) before open()");
    }

    @Test
    void bundleOfTheCaller_staysOpen() {
        try (ModelBundle bundle = ModelBundle.open(Golden.BUNDLE)) {
            for (int i = 0; i < 2; i++) {
                try (Wurstchen one = OnnxWurstchen.builder().model(bundle).device(Device.cpu(1)).open()) {
                    assertThat(one.geometry()).isEqualTo(bundle.manifest().geometry());
                }
            }
        }
    }
}
