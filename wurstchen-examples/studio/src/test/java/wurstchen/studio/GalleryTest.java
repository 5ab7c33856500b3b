package wurstchen.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.fixtures.FormulaStages;
import wurstchen.studio.gallery.Gallery;
import wurstchen.studio.gallery.GalleryPicture;

/** Files are the database. */
class GalleryTest {
    @TempDir
    private Path folder;

    private static GeneratedPicture picture(String prompt) {
        try (Wurstchen fake = new FormulaStages().pipeline().build()) {
            return fake.generate(PictureRequest.builder(prompt).seed(1).build()).first();
        }
    }

    private Gallery scanned() {
        Gallery gallery = Gallery.open(folder);
        gallery.scan();
        return gallery;
    }

    private static List<String> prompts(List<GalleryPicture> pictures) {
        return pictures.stream().map(picture -> picture.metadata().settings().prompt()).toList();
    }

    @Test
    void pictures_areThereAfterARestart_theNewestFirst() throws Exception {
        Gallery gallery = Gallery.open(folder);
        gallery.add(picture("first"));
        Thread.sleep(5);
        gallery.add(picture("second"));

        assertThat(prompts(gallery.list(Optional.empty(), 10))).containsExactly("second", "first");
        assertThat(prompts(scanned().list(Optional.empty(), 10))).containsExactly("second", "first");
    }

    @Test
    void list_goesOnBehindAPicture() throws Exception {
        Gallery gallery = Gallery.open(folder);
        for (String prompt : List.of("a", "b", "c", "d")) {
            gallery.add(picture(prompt));
            Thread.sleep(5);
        }
        List<GalleryPicture> page = gallery.list(Optional.empty(), 2);

        assertThat(prompts(page)).containsExactly("d", "c");
        assertThat(prompts(gallery.list(Optional.of(page.get(1).id()), 2))).containsExactly("b", "a");
        assertThat(gallery.list(Optional.of("none"), 2)).isEmpty();
    }

    @Test
    void filesThatAreNotOurs_areLeftAlone() throws Exception {
        picture("ours").writePng(folder.resolve("holiday 1.png"));
        picture("ours").writePng(folder.resolve("apple.png"));
        Files.writeString(folder.resolve("notes.png"), "no picture");
        Files.createDirectory(folder.resolve("folder.png"));
        Files.createSymbolicLink(folder.resolve("link.png"), folder.resolve("missing"));

        assertThat(scanned().list(Optional.empty(), 10)).extracting(GalleryPicture::id).containsExactly("apple");
        assertThat(folder.resolve("notes.png")).hasContent("no picture");
    }

    @Test
    void pictureWhoseFileIsGone_isForgotten() throws Exception {
        Gallery gallery = Gallery.open(folder);
        GalleryPicture picture = gallery.add(picture("gone"));
        Files.delete(picture.file());

        assertThat(gallery.find(picture.id())).isEmpty();
        assertThat(gallery.size()).isZero();
    }

    @Test
    void pictureThatIsDeleted_hasNoFile() {
        Gallery gallery = Gallery.open(folder);
        GalleryPicture picture = gallery.add(picture("deleted"));
        gallery.delete(picture);

        assertThat(picture.file()).doesNotExist();
        assertThat(scanned().size()).isZero();
    }

    @Test
    void folderThatIsAFile_isRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThatThrownBy(() -> Gallery.open(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("cannot make the gallery's folder " + file + ": ")
                .hasMessageEndingWith("; name another one by --gallery");
    }
}
