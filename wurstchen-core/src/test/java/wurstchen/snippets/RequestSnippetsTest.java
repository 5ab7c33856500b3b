package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.RequestFailedException;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

/** Requests, pictures and parts as values. */
class RequestSnippetsTest {
    private final Wurstchen wurstchen = new FormulaStages().pipeline().build();

    @AfterEach
    void close() {
        wurstchen.close();
    }

    @Test
    void request() {
        // @start region="request"
        PictureRequest request = PictureRequest.builder("a red apple")
                .negativePrompt("blurry")
                .seed(42)
                .pictures(4)
                .build();
        PictureRequest wider = request.toBuilder().size(384, 256).build();
        // @end
        assertThat(wider.pictures()).isEqualTo(4);
        assertThat(wider.width()).hasValue(384);
    }

    @Test
    void settings() {
        // @start region="settings"
        GeneratedPicture picture = wurstchen.generate("a red apple").first();
        PictureRequest same = picture.settings().toRequest();
        PictureRequest moreSteps = same.toBuilder().stageCSteps(90).build();
        // @end
        assertThat(wurstchen.generate(same).first()).isEqualTo(picture);
        assertThat(wurstchen.generate(moreSteps).first().settings().seed()).isEqualTo(picture.settings().seed());
    }

    @Test
    void png() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        OutputStream response = written;
        GeneratedPicture picture = wurstchen.generate("a").first();
        // @start region="png"
        picture.writePng(response);
        byte[] bytes = picture.toPng();
        GeneratedPicture read = GeneratedPicture.readPng(new ByteArrayInputStream(bytes));
        String prompt = read.settings().prompt();
        // @end
        assertThat(read).isEqualTo(picture);
        assertThat(prompt).isEqualTo("a");
        assertThat(written.toByteArray()).isEqualTo(bytes);
    }

    @Test
    void anyPng() {
        InputStream upload = new ByteArrayInputStream(wurstchen.generate("a").first().toPng());
        // @start region="any-png"
        Png png = Png.read(upload);
        Picture picture = png.picture();
        Map<String, String> text = png.text();
        // @end
        assertThat(picture.width()).isEqualTo(256);
        assertThat(text).containsEntry("prompt", "a");
    }

    @Test
    void arrays() {
        float[] latentValues = new float[16 * 6 * 6];
        float[] stateValues = new float[2 * 77 * 1280];
        // @start region="arrays"
        Latents latents = Latents.onHost(new LatentShape(1, 16, 6, 6), latentValues);
        HiddenStates states = HiddenStates.onHost(2, 77, 1280, stateValues);
        // @end
        assertThat(latents.toHost()).isEqualTo(latentValues);
        assertThat(states.toHost()).isEqualTo(stateValues);
    }

    @Test
    void fixtures() {
        // @start region="fixtures"
        FormulaStages stages = new FormulaStages();
        Wurstchen fake = stages.pipeline().build(); // real pictures of real seeds, in milliseconds, without a model
        stages.failAtStep(2);

        assertThatThrownBy(() -> fake.generate("a cat"))
                .isInstanceOf(RequestFailedException.class)
                .hasMessage("Stage C failed at step 2");
        // @end
        assertThat(stages.calls()).isEqualTo(List.of("encode 2", "encode 1", "start C [1, 16, 3, 6]"));
    }
}
