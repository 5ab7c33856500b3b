package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.DeadlineExceededException;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.Previews;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StepPreview;
import wurstchen.stage.StageCLatents;

/** Pictures as input. */
class PictureSnippetsTest {
    private final Wurstchen wurstchen = new FormulaStages().pipeline().build();

    private Picture original() {
        return wurstchen.generate(PictureRequest.builder("a").seed(1).build()).first().picture();
    }

    @Test
    void imageToImage() {
        Picture photo = original();
        // @start region="image"
        PictureRequest request = PictureRequest.builder("a red apple on a blue background")
                .image(photo)
                .strength(0.6f)
                .build();
        Picture apple = wurstchen.generate(request).first().picture();

        PictureRequest variations = PictureRequest.builder("").image(photo).strength(0.4f).pictures(4).build();
        List<GeneratedPicture> relatives = wurstchen.generate(variations).pictures();

        PictureRequest reconstruction = PictureRequest.builder("").image(photo).strength(0).build();
        Picture rebuilt = wurstchen.generate(reconstruction).first().picture();
        // @end
        assertThat(apple).isNotEqualTo(rebuilt);
        assertThat(relatives).hasSize(4);
    }

    @Test
    void mask() {
        Picture photo = original();
        Picture mask = photo;
        // @start region="mask"
        PictureRequest request = PictureRequest.builder("a hat").image(photo).mask(mask).build();
        Picture withHat = wurstchen.generate(request).first().picture();
        // @end
        assertThat(withHat.width()).isEqualTo(photo.width());
    }

    @Test
    void latents(@TempDir Path folder) {
        Path file = folder.resolve("apple.safetensors");
        // @start region="latents"
        PictureRequest request = PictureRequest.builder("a red apple").seed(7).build();
        PictureRequest stageC = request.toBuilder().stopAfter(CascadeStage.STAGE_C).build();
        StageCLatents latents = wurstchen.generate(stageC).stageCLatents().get(0);
        latents.write(file);

        PictureRequest stagesBAndA =
                request.toBuilder().stageBSteps(20).startFrom(StageCLatents.read(file)).build();
        Picture picture = wurstchen.generate(stagesBAndA).first().picture();
        // @end
        assertThat(picture).isEqualTo(wurstchen.generate(request.toBuilder().stageBSteps(20).build()).first().picture());
    }

    @Test
    void resume() {
        // @start region="resume"
        AtomicReference<StageCLatents> last = new AtomicReference<>();
        PictureRequest request = PictureRequest.builder("a red apple").seed(7).build();
        PictureRequest saving = request.toBuilder()
                .listener(step -> {
                    if (step.stage() == CascadeStage.STAGE_C) {
                        last.set(StageCLatents.copyOf(step.latents(), 0, step.steps() - step.step()));
                    }
                })
                .deadline(Duration.ofMinutes(5))
                .build();
        GeneratedPicture picture;
        try {
            picture = wurstchen.generate(saving).first();
        } catch (DeadlineExceededException e) {
            picture = wurstchen.generate(request.toBuilder().startFrom(last.get()).build()).first();
        }
        // @end
        assertThat(picture.picture()).isEqualTo(wurstchen.generate(request).first().picture());
        assertThat(last.get().stepsLeft()).isZero();
    }

    @Test
    void previews() {
        List<Picture> shown = new ArrayList<>();
        // @start region="previews"
        RequestListener listener = new RequestListener() {
            @Override
            public void onStep(CompletedStep step) {}

            @Override
            public void onPreview(StepPreview preview) {
                shown.addAll(preview.pictures());
            }
        };
        PictureRequest request = PictureRequest.builder("a red apple")
                .listener(listener)
                .previews(Previews.every(3).throughStages(1))
                .build();
        // @end
        wurstchen.generate(request);
        assertThat(shown).hasSize(1);
    }

    @Test
    void series() {
        List<Picture> shown = new ArrayList<>();
        // @start region="series"
        PictureRequest apple = PictureRequest.builder("a red apple").seed(1).build();
        PictureRequest pear = PictureRequest.builder("a green pear").seed(2).build();
        for (PictureRequest request : apple.seriesTo(pear, 5)) {
            Picture picture = wurstchen.generate(request).first().picture();
            shown.add(picture);
        }
        // @end
        assertThat(shown).hasSize(5).doesNotHaveDuplicates();
    }

    @Test
    void pictures_areRead(@TempDir Path folder) {
        Path file = folder.resolve("holiday.png");
        wurstchen.generate("a").first().writePng(file);
        // @start region="read"
        Picture picture = PictureReader.create().read(file);
        Picture square = picture.resized(256, 256, Fit.CROP, 0);
        // @end
        assertThat(square.width()).isEqualTo(256);
        // @start region="reader"
        PictureReader reader = PictureReader.create().background(0x000000).maxBytes(5_000_000).maxPixels(20_000_000);
        Picture read = reader.read(file);
        // @end
        assertThat(read).isEqualTo(picture);
    }
}
