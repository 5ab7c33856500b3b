package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
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
import wurstchen.image.PictureReader;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.Previews;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StepPreview;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageCLatents;
import wurstchen.stage.Transfers;

/** Pictures in, masks, previews and saved latents on a GPU, beside the CPU's. Fails without a GPU. */
@Tag("gpu")
class CudaPicturesInTest {
    /** Of 255, as a mean over a picture: a GPU adds up in another order, and steps amplify it. */
    private static final double MEAN_LEVELS = 0.5;

    private static Wurstchen gpu;
    private static Wurstchen cpu;
    private static Picture picture;

    @BeforeAll
    static void open() {
        cpu = OnnxWurstchen.builder().model(ModelInTheBox.FOLDER).open();
        gpu = OnnxWurstchen.builder().model(ModelInTheBox.FOLDER).device(Device.cuda()).open();
        picture = PictureReader.create().read(Path.of("../docs/gallery/01.png"));
    }

    @AfterAll
    static void close() {
        if (gpu != null) {
            gpu.close();
        }
        cpu.close();
    }

    private static PictureRequest.Builder request() {
        return PictureRequest.builder("a red apple on a blue background").seed(7).stageCSteps(6).stageBSteps(3);
    }

    /** Light on the right half. */
    private static Picture mask() {
        float[] values = new float[3 * 256 * 256];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 256 >= 128 ? 1 : 0;
        }
        return Picture.fromPixels(new Pixels(1, 256, 256, values)).get(0);
    }

    private static Picture made(Wurstchen wurstchen, PictureRequest.Builder request) {
        return wurstchen.generate(request.build()).first().picture();
    }

    private static void assertNear(Picture actual, Picture expected) {
        assertThat(actual.width()).isEqualTo(expected.width());
        assertThat(actual.height()).isEqualTo(expected.height());
        byte[] levels = actual.toBytes();
        byte[] others = expected.toBytes();
        long sum = 0;
        for (int i = 0; i < levels.length; i++) {
            sum += Math.abs((levels[i] & 0xff) - (others[i] & 0xff));
        }
        assertThat((double) sum / levels.length).as("mean difference of levels").isLessThan(MEAN_LEVELS);
    }

    @Test
    void picturesIn_areThoseOfTheCpu() {
        for (float strength : new float[] {0, 0.6f, 1}) {
            assertNear(made(gpu, request().image(picture).strength(strength)), made(cpu, request().image(picture).strength(strength)));
        }
    }

    /** Several times, so that steps are replayed; the known part is replaced between them. */
    @Test
    void masks_areThoseOfTheCpu_andTouchNothingOutside() {
        PictureRequest.Builder masked = request().image(picture).mask(mask());
        Picture expected = made(cpu, masked);
        for (int round = 0; round < 5; round++) {
            Picture made = made(gpu, masked);
            assertNear(made, expected);
            for (int i = 0; i < 256 * 256; i++) {
                if (i % 256 < 128) {
                    assertThat(made.rgb(i % 256, i / 256)).isEqualTo(picture.rgb(i % 256, i / 256));
                }
            }
        }
    }

    /** Latents of Stage C tell whether a preview changes anything: of graphs in 32 bits, cuDNN's later convolutions differ by themselves. */
    @Test
    void previews_areThoseOfTheCpu_andChangeNoLatents() {
        List<StepPreview> expected = new ArrayList<>();
        made(cpu, watched(expected));
        float[] without = latents(request());
        for (int round = 0; round < 5; round++) {
            List<StepPreview> previews = new ArrayList<>();
            assertThat(latents(watched(previews))).isEqualTo(without);
            previews.clear();
            made(gpu, watched(previews));
            assertThat(previews).extracting(StepPreview::step).isEqualTo(expected.stream().map(StepPreview::step).toList());
            for (int i = 0; i < previews.size(); i++) {
                assertNear(previews.get(i).pictures().get(0), expected.get(i).pictures().get(0));
            }
        }
    }

    private static float[] latents(PictureRequest.Builder request) {
        return gpu.generate(request.stopAfter(CascadeStage.STAGE_C).build()).stageCLatents().get(0).toArray();
    }

    private static PictureRequest.Builder watched(List<StepPreview> previews) {
        return request().previews(Previews.every(2)).listener(collecting(previews));
    }

    private static RequestListener collecting(List<StepPreview> previews) {
        return new RequestListener() {
            @Override
            public void onStep(CompletedStep step) {}

            @Override
            public void onPreview(StepPreview preview) {
                previews.add(preview);
            }
        };
    }

    @Test
    void savedLatents_goOn() {
        Picture whole = made(gpu, request());
        StageCLatents latents =
                gpu.generate(request().stopAfter(CascadeStage.STAGE_C).build()).stageCLatents().get(0);

        assertNear(made(gpu, request().startFrom(latents)), whole);
    }

    @Test
    void withoutMaskOrPreview_nothingIsCopiedWhileStepsRun() {
        PictureResult result = gpu.generate(request().image(picture).strength(0.6f).build());

        assertThat(result.transfers().duringSteps()).isEqualTo(Transfers.NONE);
    }
}
