package wurstchen.studio.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.studio.StudioProcess;

/** A studio that dies while it draws. */
@Tag("browser")
class RestartTest {
    @TempDir
    private Path folder;

    @Test
    void studio_thatIsKilledAndStartedAnew_isFoundAgain_andThePictureDrawnByOneClick() throws Exception {
        Path gallery = folder.resolve("gallery");
        StudioProcess first = StudioProcess.start(gallery, "--port", "0");
        try (Browser browser = Browser.open()) {
            browser.go(first.address());
            browser.type("#prompt", "a red apple").set("#stage-c-steps", 4).set("#stage-b-steps", 2).click("#draw");
            browser.until("document.querySelectorAll('.tiles li').length === 1");
            browser.set("#stage-c-steps", 1000).click("#draw").until("document.querySelector('.canvas img.preview')");

            first.kill();
            browser.until("document.querySelector('#status').textContent === 'The studio cannot be reached. Trying again …'");
            try (StudioProcess second = StudioProcess.start(gallery, "--port", Integer.toString(first.port()))) {
                assertThat(second.address()).isEqualTo(first.address());
                browser.until("document.querySelector('.canvas .empty p')?.textContent === 'The studio was started anew before this was finished.'");
                browser.reload();
                assertThat(browser.count(".tiles li")).isEqualTo(1);
            }
        } finally {
            first.close();
        }
    }
}
