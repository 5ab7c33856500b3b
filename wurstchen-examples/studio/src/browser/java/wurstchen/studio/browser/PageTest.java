package wurstchen.studio.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.interactions.Actions;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.studio.StudioProcess;

/** What a person does with the page. One browser and one studio for all tests; each begins with an empty gallery. */
@Tag("browser")
class PageTest {
    private static final String DONE = "document.querySelector('#status').textContent === 'Done'";
    private static final String PREVIEW = "document.querySelector('.canvas img.preview')";

    @TempDir
    private static Path folder;

    private static Path gallery;
    private static StudioProcess studio;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        gallery = folder.resolve("gallery");
        studio = StudioProcess.start(gallery, "--port", "0");
        browser = Browser.open();
    }

    @AfterAll
    static void stop() {
        browser.close();
        studio.close();
    }

    @BeforeEach
    void openThePage() {
        browser.go(studio.address());
    }

    /** Empties the gallery; nothing may have gone wrong in the page. */
    @AfterEach
    void nothingWentWrong() {
        List<String> errors = browser.errors();
        browser.js("sessionStorage.clear()");
        browser.until("fetch('/api/gallery?limit=500').then(r => r.json()).then(g => Promise.all(g.pictures.map("
                + "p => fetch('/api/gallery/' + p.id, { method: 'DELETE' }))))");
        assertThat(errors).isEmpty();
    }

    private static void draw(String prompt, int stageCSteps) {
        browser.type("#prompt", prompt).set("#seed", "7").set("#stage-c-steps", stageCSteps).set("#stage-b-steps", 2).click("#draw");
    }

    private static GeneratedPicture picture(String prompt, int stageCSteps) {
        return wurstchen(PictureRequest.builder(prompt).seed(7).stageCSteps(stageCSteps).stageBSteps(2).build());
    }

    private static GeneratedPicture wurstchen(PictureRequest request) {
        try (var model = ModelBundle.openResource(PageTest.class, "wurstchen/model");
                var pipeline = OnnxWurstchen.builder().model(model).open()) {
            return pipeline.generate(request).first();
        }
    }

    private static List<Path> files() throws Exception {
        try (Stream<Path> files = Files.list(gallery)) {
            return files.filter(file -> file.toString().endsWith(".png")).toList();
        }
    }

    @Test
    void draw_showsPreviewsOfBothStages_thenThePicture_andKeepsIt() throws Exception {
        browser.js("""
            window.sources = new Set();
            new MutationObserver(() => document.querySelectorAll('.stage-c img, .stage-b img').forEach(i => sources.add(i.src)))
                .observe(document.querySelector('.cascade'), { subtree: true, childList: true, attributes: true });
            """);
        draw("a red apple on a blue background", 40);
        browser.until(PREVIEW).until("document.querySelector('.stage-c.now')").until("document.querySelector('.stage-b.done')").until(DONE);

        assertThat((long) browser.js("return sources.size")).isGreaterThan(3);
        assertThat(browser.count(".canvas img.finished")).isEqualTo(1);
        browser.until("document.querySelectorAll('.tiles li').length === 1");
        assertThat(GeneratedPicture.readPng(new ByteArrayInputStream(Files.readAllBytes(files().get(0)))))
                .isEqualTo(picture("a red apple on a blue background", 40));
        browser.reload();
        assertThat(browser.count(".tiles li")).isEqualTo(1);
    }

    @Test
    void escape_cancelsWithinAStep_andThePageDrawsAgain() {
        draw("something long", 1000);
        browser.until(PREVIEW);
        browser.find("body").sendKeys(Keys.ESCAPE);
        browser.until("document.querySelector('#status').textContent === 'Cancelled'");

        draw("something short", 4);
        browser.until(DONE);
    }

    @Test
    void reload_inMidRun_goesOnWatching() {
        draw("a red apple", 300);
        browser.until(PREVIEW).reload().until(PREVIEW);

        assertThat(browser.text("#status")).contains("Stage C");
        browser.until(DONE);
    }

    @Test
    void leaving_thePage_cancels() {
        draw("something long", 1000);
        browser.until(PREVIEW);
        Object job = browser.js("return JSON.parse(sessionStorage.getItem('wurstchen-jobs'))[0].id");
        browser.driver().get("about:blank");

        // The next one, of another tab, is drawn in its place.
        browser.driver().switchTo().newWindow(WindowType.TAB);
        browser.go(studio.address());
        draw("something short", 4);
        browser.until(DONE);
        assertThat(browser.js("return fetch('/api/pictures/' + arguments[0]).then(r => r.json()).then(j => j.state)", job)).isEqualTo("cancelled");
    }

    @Test
    void secondTab_waitsForTheFirst_andKnowsItsPlace() {
        draw("the first tab", 1000);
        browser.until(PREVIEW);
        String first = browser.driver().getWindowHandle();
        browser.driver().switchTo().newWindow(WindowType.TAB);
        browser.go(studio.address());
        draw("the second tab", 4);
        browser.until("document.querySelector('#status').textContent === 'Waiting: next'");
        String second = browser.driver().getWindowHandle();

        browser.driver().switchTo().window(first);
        browser.click("#cancel");
        browser.driver().switchTo().window(second);
        browser.until(DONE);
        browser.driver().close();
        browser.driver().switchTo().window(first);
        browser.until("document.querySelectorAll('.tiles li').length === 1");
    }

    @Test
    void ourPng_thatIsDropped_bringsItsSettingsBack() {
        byte[] png = wurstchen(PictureRequest.builder("a green pear").negativePrompt("red").seed(123_456_789_012_345_678L).stageCSteps(5).stageBSteps(2)
                .stageCGuidance(2.5f).build()).toPng();

        browser.drop("body", "pear.png", "image/png", png).until("document.querySelector('#prompt').value === 'a green pear'");

        assertThat(browser.value("#negative-prompt")).isEqualTo("red");
        assertThat(browser.value("#seed")).isEqualTo("123456789012345678");
        assertThat(browser.value("#stage-c-steps")).isEqualTo("5");
        assertThat(browser.value("#stage-c-guidance")).isEqualTo("2.5");
    }

    @Test
    void foreignPicture_thatIsDropped_isWhereTheDrawingBegins() throws Exception {
        browser.drop("body", "square.png", "image/png", png(new BufferedImage(96, 64, 1)));
        browser.until("document.querySelector('.thumb img')");
        draw("a yellow star", 6);
        browser.until(DONE);

        assertThat(GeneratedPicture.readPng(new ByteArrayInputStream(Files.readAllBytes(files().get(0)))).settings().toText())
                .containsEntry("strength", "0.6")
                .containsKey("image-sha256");
    }

    @Test
    void hostileFiles_areRefusedInTheirOwnWords_andThePageGoesOn() throws Exception {
        browser.drop("body", "text.png", "image/png", "no picture".getBytes("US-ASCII")).until("document.querySelector('#toasts .error')");
        assertThat(browser.text("#toasts .error")).isEqualTo("text.png is no picture that this browser can show.");

        byte[] cut = Arrays.copyOf(png(new BufferedImage(64, 64, 1)), 50);
        browser.drop("#drop", "cut.png", "image/png", cut).until("document.querySelector('.thumb img')").click("#draw");
        browser.until("[...document.querySelectorAll('#toasts .error')].some(toast => toast.textContent.startsWith(\"'image': \"))");

        browser.js("[...document.querySelectorAll('.image button')].at(-1).click()");
        draw("<img src=x onerror=alert(1)>", 4);
        browser.until(DONE).until("document.querySelectorAll('.tiles li').length === 1");
        assertThat(browser.text(".tiles .what")).isEqualTo("<img src=x onerror=alert(1)>");
        // That the studio refused the second one is an error to the browser.
        assertThat(browser.errors()).hasSize(1).allMatch(error -> error.contains("400 (Bad Request)"));
    }

    @Test
    void mask_paintedWithTheBrush_keepsTheRest() throws Exception {
        draw("a red apple", 6);
        browser.until("document.querySelectorAll('.tiles li').length === 1").click(".tiles .open").click("#repaint");
        browser.until("document.querySelector('.painting canvas')");
        new Actions(browser.driver()).moveToElement(browser.find(".painting canvas"), -60, -60).clickAndHold().moveByOffset(40, 0).release().perform();
        browser.click("#mask-done").until("document.querySelector('.veil')");
        browser.set("#seed", "8").click("#draw").until("document.querySelectorAll('.tiles li').length === 2");

        List<Path> files = files().stream().sorted().toList();
        GeneratedPicture before = GeneratedPicture.readPng(new ByteArrayInputStream(Files.readAllBytes(files.get(0))));
        GeneratedPicture after = GeneratedPicture.readPng(new ByteArrayInputStream(Files.readAllBytes(files.get(1))));
        assertThat(after.picture()).isNotEqualTo(before.picture());
        assertThat(after.picture().rgb(250, 250)).isEqualTo(before.picture().rgb(250, 250));
    }

    @Test
    void galleryPicture_isDrawnAgainByOneClick_varied_andBlended() {
        draw("a red apple", 4);
        browser.until("document.querySelectorAll('.tiles li').length === 1");
        browser.click(".tiles .open").click("#again").until("document.querySelectorAll('.tiles li').length === 2");
        browser.click(".tiles .open").click("#variations").until("document.querySelectorAll('.tiles li').length === 6");
        assertThat(browser.count(".canvas img.finished")).isEqualTo(4);

        browser.js("document.querySelectorAll('.tiles input').forEach((box, i) => { if (i > 3) box.click(); })");
        browser.click("#blend").until("document.querySelectorAll('.tiles li').length === 11");
        assertThat(browser.text("#gallery h2")).isEqualTo("Gallery (11)");
    }

    @Test
    void keyboard_isEnough() {
        browser.driver().switchTo().activeElement().sendKeys(Keys.TAB, Keys.ENTER);
        browser.until("document.activeElement.id === 'prompt'");
        browser.driver().switchTo().activeElement().sendKeys("a rocket");
        browser.set("#stage-c-steps", 4).set("#stage-b-steps", 2);
        browser.driver().switchTo().activeElement().sendKeys(Keys.chord(Keys.CONTROL, Keys.ENTER));
        browser.until(DONE).until("document.querySelectorAll('.tiles li').length === 1");
        browser.js("document.querySelector('.tiles .open').focus()");
        browser.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
        browser.until("document.querySelector('dialog[open]')");
        browser.driver().switchTo().activeElement().sendKeys(Keys.ESCAPE);
        browser.until("!document.querySelector('dialog[open]')").until("document.activeElement.className === 'open'");
    }

    @Test
    void everyControl_hasAName_andNothingComesFromElsewhere() {
        assertThat(browser.js("""
            return [...document.querySelectorAll('input, textarea, select, button')]
              .filter(e => !e.hidden && !e.labels?.length && !e.getAttribute('aria-label') && !e.textContent.trim()).map(e => e.outerHTML)
            """)).isEqualTo(List.of());
        assertThat(browser.js("return [...document.querySelectorAll('img')].filter(e => !e.hasAttribute('alt')).length")).isEqualTo(0L);
        assertThat((List<?>) browser.js("return performance.getEntriesByType('resource').map(e => new URL(e.name).origin)"))
                .isNotEmpty()
                .allMatch(origin -> studio.address().startsWith(String.valueOf(origin)));
    }

    @Test
    void narrowWindow_needsNoScrollingSideways() {
        browser.size(360, 800);
        assertThat((long) browser.js("return document.documentElement.scrollWidth")).isLessThanOrEqualTo(360);
        browser.driver().executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    }

    private static byte[] png(BufferedImage image) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }
}
