package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.GeneratedPicture;
import wurstchen.PictureMetadata;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Png;

/** What a file says of how it was made. */
class MetadataSnippetsTest {
    @TempDir
    private Path folder;

    @Test
    void again() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            GeneratedPicture picture = wurstchen.generate("a red apple").first();
            InputStream upload = new ByteArrayInputStream(picture.toPng());
            // @start region="again"
            PictureMetadata metadata = PictureMetadata.fromText(Png.read(upload).text());
            PictureRequest same = PictureRequest.from(metadata);
            PictureRequest twice = same.toBuilder().size(512, 256).build();
            // @end
            assertThat(wurstchen.generate(same).first()).isEqualTo(picture);
            assertThat(wurstchen.generate(twice).first().settings().seed()).isEqualTo(picture.settings().seed());
        }
    }

    @Test
    void values() {
        // @start region="values"
        Map<String, String> row = Map.of("prompt", "a red apple", "seed", "42", "stage-c-steps", "20");
        PictureRequest request = PictureRequest.builder("").values(row).build();
        // @end
        assertThat(request).isEqualTo(PictureRequest.builder("a red apple").seed(42).stageCSteps(20).build());
    }

    @Test
    void optOut() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            GeneratedPicture picture = wurstchen.generate("a red apple").first();
            // @start region="without"
            new Png(picture.picture(), Map.of()).write(folder.resolve("apple.png"));
            // @end
            assertThat(Png.read(folder.resolve("apple.png"))).isEqualTo(new Png(picture.picture(), Map.of()));
        }
    }
}
