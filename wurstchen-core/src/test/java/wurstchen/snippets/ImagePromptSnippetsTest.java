package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.PictureReader;

/** Pictures that say what to show. */
class ImagePromptSnippetsTest {
    @TempDir
    private Path folder;

    @Test
    void imagePrompts() {
        Path apple = folder.resolve("apple.png");
        Path style = folder.resolve("style.png");
        GeneratedPicture made = new FormulaStages().pipeline().build().generate("ab").first();
        made.writePng(apple);
        made.writePng(style);
        // @start region="image-prompts"
        PictureReader reader = PictureReader.create();
        PictureRequest request = PictureRequest.builder("a still life")
                .imagePrompt(reader.read(apple))
                .imagePrompt(reader.read(style), 0.5f) // counts half
                .build();
        // @end
        assertThat(request.imagePrompts()).hasSize(2);
    }
}
