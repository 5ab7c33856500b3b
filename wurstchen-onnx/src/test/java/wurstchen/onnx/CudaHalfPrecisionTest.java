package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;

/** Pictures in 16 bits, by this library's operators on a GPU, beside those of the functions on the CPU. Fails without a GPU. */
@Tag("gpu")
class CudaHalfPrecisionTest {
    private static Wurstchen gpu;

    @BeforeAll
    static void open() {
        gpu = HalfPrecisionTest.open(Device.cuda());
    }

    @AfterAll
    static void close() {
        if (gpu != null) {
            gpu.close();
        }
    }

    @Test
    void operators_makeThePicturesOfTheFunctionsOnTheCpu() {
        try (Wurstchen cpu = HalfPrecisionTest.open(Device.cpu())) {
            for (PictureRequest request : HalfPrecisionTest.requests()) {
                PictureResult actual = gpu.generate(request);

                HalfPrecisionTest.assertNear(actual, cpu.generate(request));
                assertThat(actual.engine()).contains(", operators: operators-").contains("cuBLASLt");
                // What runs on the CPU in part, cannot be recorded, or runs without operators, is noted.
                assertThat(actual.notes()).isEmpty();
            }
        }
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

    /** Each size is recorded once, and its recordings are replayed between those of other sizes. */
    @Test
    void recordingsOfSizesInTurn_giveTheSamePictureAsTheFirstOfTheSize() {
        PictureRequest.Builder steps = Golden.named("guided").request().stageCSteps(24).stageBSteps(20);
        List<PictureRequest> requests = List.of(steps.size(256, 256).build(), steps.size(512, 128).build());
        List<Picture> first = new ArrayList<>();
        requests.forEach(request -> first.add(gpu.generate(request).first().picture()));

        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < requests.size(); i++) {
                assertThat(gpu.generate(requests.get(i)).first().picture()).as("round %s", round).isEqualTo(first.get(i));
            }
        }
    }

    @Test
    void manySizesAndBatches_leaveTheFirstAsItWas() {
        PictureRequest request = Golden.named("negative").request().stageCSteps(20).stageBSteps(20).build();
        Picture first = gpu.generate(request).first().picture();
        for (int batch = 1; batch <= 3; batch++) {
            for (int side : new int[] {128, 256, 384}) {
                gpu.generate(Golden.named("guided").request().size(side, 128).pictures(batch).batchSize(batch).build());
            }
        }

        assertThat(gpu.generate(request).first().picture()).isEqualTo(first);
    }

    @Test
    void withoutOperators_functionsMakeThePictures_andThatIsNoted() {
        PictureRequest request = Golden.named("both-guided").request().build();
        System.setProperty("wurstchen.operators", "off");
        // Another option, so that the device's memory is not the one that is open with operators.
        try (Wurstchen plain = HalfPrecisionTest.open(Device.cuda().tf32(true))) {
            PictureResult result = plain.generate(request);

            HalfPrecisionTest.assertNear(result, gpu.generate(request));
            assertThat(result.notes()).contains("operators: off (-Dwurstchen.operators=off)");
            assertThat(result.engine()).contains(", operators: off (-Dwurstchen.operators=off)");
        } finally {
            System.clearProperty("wurstchen.operators");
        }
    }

    /** Kernels that start before the ones before them are finished compute the same bits, also when they are replayed. */
    @Test
    void kernelsOneAfterTheOther_makeTheSamePictures() {
        List<PictureRequest> requests = HalfPrecisionTest.requests();
        System.setProperty("wurstchen.operators.overlap", "off");
        // Another option, so that the device's memory is not the one that is open with overlapping kernels.
        try (Wurstchen alone = HalfPrecisionTest.open(Device.cuda().memoryLimit(8L << 30))) {
            for (int round = 0; round < 6; round++) {
                for (PictureRequest request : requests) {
                    PictureResult actual = gpu.generate(request);
                    PictureResult expected = alone.generate(request);

                    // From compute capability 9.0 on.
                    assertThat(actual.engine()).containsPattern("operators-(sm_8\\d\\.cubin|\\S+ \\(overlapping\\)), cuBLASLt");
                    assertThat(expected.engine()).containsPattern("operators-\\S+, cuBLASLt");
                    for (int i = 0; i < expected.pictures().size(); i++) {
                        assertThat(actual.pictures().get(i).picture())
                                .as("round %s", round)
                                .isEqualTo(expected.pictures().get(i).picture());
                    }
                }
            }
        } finally {
            System.clearProperty("wurstchen.operators.overlap");
        }
    }

    @Test
    void withoutCudaGraphs_picturesAreTheSame() {
        PictureRequest request = Golden.named("negative").request().build();
        try (Wurstchen plain = HalfPrecisionTest.open(Device.cuda().cudaGraphs(false))) {
            HalfPrecisionTest.assertNear(plain.generate(request), gpu.generate(request));
        }
    }
}
