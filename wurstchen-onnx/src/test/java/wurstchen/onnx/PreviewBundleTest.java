package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.internal.SafeTensors;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.Previews;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StepPreview;

/** A bundle with projections, and bundles whose projections are damaged. */
class PreviewBundleTest {
    private static final String FILE = "previews.safetensors";

    @TempDir
    private Path folder;

    private static SafeTensors.Tensor tensor(int... shape) {
        float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.fill(values, 0.01f);
        return new SafeTensors.Tensor(shape, values);
    }

    private static ImmutableMap<String, SafeTensors.Tensor> tensors() {
        return ImmutableMap.of(
                "stage_c.weight", tensor(12, 144), "stage_c.bias", tensor(12), "stage_b.weight", tensor(3, 36), "stage_b.bias", tensor(3));
    }

    private Path bundle(byte[] previews) {
        return BundleCopy.in(folder)
                .replace(FILE, previews)
                .edit(manifest -> manifest.putObject("previews").put("file", FILE))
                .folder();
    }

    private Path bundle(ImmutableMap<String, SafeTensors.Tensor> tensors) {
        return bundle(new SafeTensors(tensors, ImmutableMap.of()).toBytes());
    }

    @Test
    void projectionsOfABundle_makePreviews() {
        List<Picture> shown = new ArrayList<>();
        RequestListener listener = new RequestListener() {
            @Override
            public void onStep(CompletedStep step) {}

            @Override
            public void onPreview(StepPreview preview) {
                shown.addAll(preview.pictures());
            }
        };
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle(tensors())).open()) {
            PictureRequest request = PictureRequest.builder("a cat").seed(1).size(384, 128).build();
            Picture with = wurstchen.generate(request.toBuilder().listener(listener).previews(Previews.every(2)).build())
                    .first()
                    .picture();
            assertThat(with).isEqualTo(wurstchen.generate(request).first().picture());
        }
        assertThat(shown)
                .extracting(Picture::toString)
                .containsExactly("Picture[18 x 6 px]", "Picture[18 x 6 px]", "Picture[96 x 32 px]", "Picture[96 x 32 px]");
    }

    @Test
    void damagedProjections_areRefused() {
        assertRefused(bundle("none".getBytes(StandardCharsets.US_ASCII)), FILE + ": no safetensors file: 4 bytes");
    }

    @Test
    void missingTensor_isRefused() {
        assertRefused(
                bundle(ImmutableMap.of("stage_c.weight", tensor(12, 144))),
                FILE + ": there is no tensor stage_c.bias, found only [stage_c.weight]");
    }

    @Test
    void projectionOfOtherChannels_isRefused() {
        ImmutableMap.Builder<String, SafeTensors.Tensor> tensors = ImmutableMap.builder();
        tensors.putAll(tensors()).put("stage_c.weight", tensor(12, 36));
        assertRefused(
                bundle(tensors.buildKeepingLast()),
                FILE + ": a projection of 16 channels to 2 px a cell needs 1728 weights and 12 biases, got 432 and 12");
    }

    private static void assertRefused(Path bundle, String message) {
        assertThatThrownBy(() -> OnnxWurstchen.builder().model(bundle).open())
                .isInstanceOf(ModelBundleException.class)
                .hasMessage(message + "; write it with the exporter's command previews");
    }

    @Test
    void fileThatIsNotListed_isRefused() {
        Path bundle = BundleCopy.in(folder).edit(manifest -> manifest.putObject("previews").put("file", FILE)).folder();
        assertThatThrownBy(() -> ModelBundle.open(bundle))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("model.json: previews.file must be a path that files lists, got \"previews.safetensors\"; export or download the bundle again");
    }
}
