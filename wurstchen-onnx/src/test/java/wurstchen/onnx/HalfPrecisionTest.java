package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.DeviceMemory;
import wurstchen.onnx.internal.binding.RemotePlace;
import wurstchen.onnx.internal.operators.HostOperators;

/** The bundle in 16 bits, with its functions and with the operators of this library on the host in the GPU's place. */
class HalfPrecisionTest {
    /** Of 255. Seen between two ways to round to 16 bits: 4. */
    static final int LEVELS = 8;

    static List<PictureRequest> requests() {
        return List.of(
                Golden.named("negative").request().build(),
                Golden.named("both-guided").request().pictures(2).batchSize(2).build(),
                Golden.named("wide").request().build());
    }

    private static DeviceMemory withOperators() {
        try {
            return RemotePlace.openMemory(Optional.of(HostOperators.open()));
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    static Wurstchen open(Device device) {
        return OnnxWurstchen.builder().model(Golden.FP16_BUNDLE).device(device).open();
    }

    static void assertNear(PictureResult actual, PictureResult expected) {
        for (int i = 0; i < expected.pictures().size(); i++) {
            assertThat(Golden.largestDifference(
                            actual.pictures().get(i).picture(), expected.pictures().get(i).picture()))
                    .as("largest difference of a level")
                    .isLessThanOrEqualTo(LEVELS);
        }
    }

    @Test
    void operators_makeThePicturesOfTheFunctions() {
        Device host = Internals.device(new CpuProvider(2).withMemory("host with operators", HalfPrecisionTest::withOperators));
        try (Wurstchen functions = open(Device.cpu(2));
                Wurstchen operators = open(host)) {
            for (PictureRequest request : requests()) {
                PictureResult expected = functions.generate(request);
                PictureResult actual = operators.generate(request);

                assertNear(actual, expected);
                assertThat(actual.notes()).isEmpty();
                assertThat(expected.notes()).isEmpty();
            }
        }
    }
}
