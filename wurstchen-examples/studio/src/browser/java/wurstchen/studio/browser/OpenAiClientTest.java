package wurstchen.studio.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.models.images.Image;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.GeneratedPicture;
import wurstchen.studio.StudioProcess;

/** OpenAI's own Java client against the studio. */
@Tag("browser")
class OpenAiClientTest {
    @TempDir
    private static Path folder;

    private static StudioProcess studio;
    private static OpenAIClient client;

    @BeforeAll
    static void start() throws Exception {
        studio = StudioProcess.start(folder.resolve("gallery"), "--port", "0");
        client = OpenAIOkHttpClient.builder().baseUrl(studio.address() + "v1").apiKey("none").maxRetries(0).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        studio.close();
    }

    private static ImageGenerateParams.Builder params(String prompt) {
        return ImageGenerateParams.builder().prompt(prompt).model("wurstchen");
    }

    @Test
    void generate_returnsAsManyPicturesAsAsked_inTheSizeThatWasAsked() {
        ImagesResponse response = client.images().generate(params("a red apple").n(2).size(ImageGenerateParams.Size._256X256)
                .responseFormat(ImageGenerateParams.ResponseFormat.B64_JSON).build());

        List<Image> images = response.data().orElseThrow();
        assertThat(images).hasSize(2).allSatisfy(image -> {
            GeneratedPicture picture =
                    GeneratedPicture.readPng(new ByteArrayInputStream(Base64.getDecoder().decode(image.b64Json().orElseThrow())));
            assertThat(picture.settings().prompt()).isEqualTo("a red apple");
            assertThat(picture.picture().width()).isEqualTo(256);
        });
    }

    @Test
    void generate_asUrl_pointsIntoTheGallery() {
        ImagesResponse response =
                client.images().generate(params("a star").responseFormat(ImageGenerateParams.ResponseFormat.URL).build());

        assertThat(response.data().orElseThrow().get(0).url().orElseThrow())
                .startsWith("http://localhost:" + studio.port() + "/api/gallery/")
                .endsWith(".png");
    }

    @Test
    void sizeThatTheModelDoesNotHave_isABadRequestWithTheRemedy() {
        assertThatThrownBy(() -> client.images().generate(params("a star").size(ImageGenerateParams.Size.of("1000x1000")).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessage("400: width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024");
    }

    @Test
    void models_listTheOne() {
        assertThat(client.models().list().data()).extracting(model -> model.id()).containsExactly("wurstchen miniature");
    }
}
