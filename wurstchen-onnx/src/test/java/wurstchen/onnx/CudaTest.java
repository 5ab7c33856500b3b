package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.Cancellation;
import wurstchen.CancelledException;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.image.Picture;
import wurstchen.stage.Transfers;

/** Whole pictures on a GPU. Fails without one: run it with the Maven profile gpu-tests, or with .ci/gpu-tests. */
@Tag("gpu")
public class CudaTest {
    /** Of 255. A GPU adds up in another order; the CPU stays within 1 of the reference. */
    public static final int LEVELS = 2;

    private static Wurstchen gpu;

    @BeforeAll
    static void open() {
        gpu = OnnxWurstchen.builder().model(Golden.BUNDLE).device(Device.cuda()).open();
    }

    @AfterAll
    static void close() {
        if (gpu != null) {
            gpu.close();
        }
    }

    static List<Golden.Case> cases() {
        return Golden.cases();
    }

    private static void assertNear(Picture actual, Picture expected) {
        assertThat(actual.width()).isEqualTo(expected.width());
        assertThat(actual.height()).isEqualTo(expected.height());
        assertThat(Golden.largestDifference(actual, expected)).as("largest difference of a level").isLessThanOrEqualTo(LEVELS);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void picture_isTheReferences(Golden.Case golden) {
        assertNear(gpu.generate(golden.request().build()).first().picture(), golden.picture());
    }

    @Test
    void nothingIsCopiedWhileStepsRun() {
        PictureResult result = gpu.generate(Golden.named("many-steps").request().build());

        assertThat(result.transfers().duringSteps()).isEqualTo(Transfers.NONE);
        assertThat(result.transfers().total().bytesToDevice()).isPositive();
        assertThat(result.transfers().total().bytesToHost()).isPositive();
    }

    @Test
    void everyGraphRunsWhole_andStepsCanBeRecorded() {
        PictureResult result = gpu.generate(Golden.named("guided").request().build());

        assertThat(result.engine()).contains("cuda:0").contains("inputs and outputs bound on the device");
        // What runs on the CPU in part, or cannot be recorded, is noted.
        assertThat(result.notes()).isEmpty();
    }

    @Test
    void repeatedRequests_giveTheSamePicture() {
        PictureRequest request = Golden.named("both-guided").request().build();
        Picture first = gpu.generate(request).first().picture();

        // From some steps on, they are replayed.
        for (int i = 0; i < 20; i++) {
            assertThat(gpu.generate(request).first().picture()).isEqualTo(first);
        }
    }

    @Test
    void sizesInTurn_doNotDisturbEachOther() {
        List<Golden.Case> cases =
                List.of(Golden.named("wide"), Golden.named("negative"), Golden.named("tall"), Golden.named("guided"));
        for (int round = 0; round < 3; round++) {
            for (Golden.Case one : cases) {
                assertNear(gpu.generate(one.request().build()).first().picture(), one.picture());
            }
        }
    }

    /** Enough steps that those of each picture are recorded, and the recordings of the one before given up. */
    @Test
    void recordingsOfSizesInTurn_giveTheSamePictureAsTheFirstOfTheSize() {
        PictureRequest.Builder steps = Golden.named("guided").request().stageCSteps(48).stageBSteps(40);
        List<PictureRequest> requests = List.of(steps.size(256, 256).build(), steps.size(512, 128).build());
        List<Picture> first = requests.stream().map(request -> gpu.generate(request).first().picture()).toList();

        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < requests.size(); i++) {
                assertThat(gpu.generate(requests.get(i)).first().picture()).as("round %s", round).isEqualTo(first.get(i));
            }
        }
        // The second one of a size in a row is made from recordings alone.
        assertThat(gpu.generate(requests.get(1)).first().picture()).isEqualTo(first.get(1));
    }

    @Test
    void batch_givesThePicturesMadeAlone() {
        PictureRequest.Builder request = Golden.named("both-guided").request().size(128, 256).pictures(3);

        PictureResult alone = gpu.generate(request.build());
        PictureResult batch = gpu.generate(request.batchSize(3).build());

        for (int i = 0; i < 3; i++) {
            assertNear(batch.pictures().get(i).picture(), alone.pictures().get(i).picture());
        }
    }

    @Test
    void withoutCudaGraphs_picturesAreTheSame() {
        Golden.Case golden = Golden.named("stage-b-guided");
        try (Wurstchen plain = OnnxWurstchen.builder()
                .model(Golden.BUNDLE)
                .device(Device.cuda().cudaGraphs(false))
                .open()) {
            assertNear(plain.generate(golden.request().build()).first().picture(), golden.picture());
        }
    }

    @Test
    void lowMemory_givesTheSamePictures() {
        Golden.Case golden = Golden.named("negative");
        try (Wurstchen small = OnnxWurstchen.builder()
                .model(Golden.BUNDLE)
                .device(Device.cuda())
                .lowMemory(true)
                .open()) {
            for (int i = 0; i < 2; i++) {
                assertNear(small.generate(golden.request().build()).first().picture(), golden.picture());
            }
        }
    }

    @Test
    void outOfMemory_isSaid_andThePipelineStaysUsable() {
        Golden.Case golden = Golden.named("negative");
        Device small = Device.cuda().memoryLimit(CudaDevice.MIN_MEMORY_LIMIT);
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(Golden.BUNDLE).device(small).open()) {
            PictureRequest tooLarge = golden.request().size(2048, 2048).pictures(4).batchSize(4).build();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> wurstchen.generate(tooLarge))
                        .isInstanceOf(WurstchenException.class)
                        .hasMessageContaining("; make fewer pictures at a time, or smaller ones");
                assertNear(wurstchen.generate(golden.request().build()).first().picture(), golden.picture());
            }
        }
    }

    @Test
    void requestsOfSeveralThreads_giveTheSamePictures() throws Exception {
        List<Golden.Case> cases = List.of(Golden.named("negative"), Golden.named("stage-b-guided"), Golden.named("wide"));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Picture>> made = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                PictureRequest request = cases.get(i % 3).request().build();
                made.add(threads.submit(() -> gpu.generate(request).first().picture()));
            }
            for (int i = 0; i < made.size(); i++) {
                assertNear(made.get(i).get(), cases.get(i % 3).picture());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void cancelledRun_leavesThePipelineUsable() {
        Golden.Case golden = Golden.named("negative");
        for (int i = 0; i < 10; i++) {
            Cancellation cancellation = new Cancellation();
            PictureRequest request = golden.request()
                    .stageCSteps(1000)
                    .cancellation(cancellation)
                    .listener(step -> cancellation.cancel())
                    .build();

            assertThatThrownBy(() -> gpu.generate(request))
                    .isInstanceOf(CancelledException.class)
                    .hasMessage("cancelled in Stage C after 1 of 1000 steps");
            assertNear(gpu.generate(golden.request().build()).first().picture(), golden.picture());
        }
    }
}
