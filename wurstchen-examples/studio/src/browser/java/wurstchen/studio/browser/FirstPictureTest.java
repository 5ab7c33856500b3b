package wurstchen.studio.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.studio.StudioProcess;

/** From the start of the studio to the first picture in a browser, with the model's usual steps. */
@Tag("browser")
class FirstPictureTest {
    @TempDir
    private Path folder;

    @Test
    void firstPicture_comesWithinSecondsOfTheStart() throws Exception {
        try (Browser browser = Browser.open()) {
            long start = System.nanoTime();
            try (StudioProcess studio = StudioProcess.start(folder.resolve("gallery"), "--port", "0")) {
                long serving = System.nanoTime();
                browser.go(studio.address());
                browser.type("#prompt", "a red apple on a blue background").click("#draw").until("document.querySelector('.canvas img.finished')");
                long picture = System.nanoTime();
                System.out.printf("first picture: serving after %.1f s, in the browser after %.1f s%n", (serving - start) / 1e9, (picture - start) / 1e9);
                assertThat(browser.js("return document.querySelector('.canvas img.finished').decode().then(() => true)")).isEqualTo(true);
            }
        }
    }
}
