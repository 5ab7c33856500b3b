package wurstchen.studio.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WindowType;
import wurstchen.studio.StudioProcess;

/** What takes long: many requests of many tabs, and clicks at random. Memory must stay flat. Linux only, for /proc. */
@Tag("endurance")
class EnduranceTest {
    private static final int TABS = 8;
    private static final int REQUESTS_OF_A_TAB = 25;

    /** What Java keeps for too long ends the studio; what native code keeps, its memory shows. */
    private static final List<String> SMALL_HEAP = List.of("-Xmx256m");

    private static final long GROWTH_MB = 150;

    private static final long SEED = 1;

    /** Draws one picture after the other by the form, as a person in a hurry does. */
    private static final String DRAW_MANY = """
            const [requests, first] = arguments;
            const sleep = millis => new Promise(resolve => setTimeout(resolve, millis));
            const finished = () => document.querySelector('.canvas img.finished')?.src;
            window.drawn = 0;
            (async () => {
              for (let i = 0; i < requests; i++) {
                const before = finished();
                document.querySelector('#prompt').value = 'an apple';
                document.querySelector('#seed').value = first + i;
                document.querySelector('#stage-c-steps').value = 4;
                document.querySelector('#stage-b-steps').value = 2;
                document.querySelector('#order').requestSubmit();
                while (!finished() || finished() === before) await sleep(100);
                window.drawn++;
              }
            })();
            """;

    private static final String CLICK = """
            const all = [...document.querySelectorAll('dialog[open] button, dialog[open] input')];
            const places = all.length ? all : [...document.querySelectorAll('button, summary, select, input[type=checkbox], .tiles .open')];
            const seen = places.filter(e => e.id !== 'drop' && e.checkVisibility() && !e.disabled);
            const chosen = seen[arguments[0] % seen.length];
            if (chosen?.tagName === 'SELECT') {
              chosen.selectedIndex = arguments[0] % chosen.options.length;
              chosen.dispatchEvent(new Event('change'));
            } else chosen?.click();
            if (arguments[0] % 5 === 0) {
              document.querySelector('#stage-c-steps').value = 1 + arguments[0] % 40;
              document.querySelector('#pictures').value = 1 + arguments[0] % 3;
            }
            """;

    @TempDir
    private Path folder;

    private static long memoryMb(StudioProcess studio) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + studio.handle().pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
                .findFirst()
                .orElseThrow();
    }

    private static void stillDraws(Browser browser, StudioProcess studio) {
        browser.js("sessionStorage.clear()");
        browser.driver().get("about:blank");
        browser.go(studio.address());
        browser.type("#prompt", "still here").set("#stage-c-steps", 4).set("#stage-b-steps", 2).click("#draw");
        browser.until("document.querySelector('#status').textContent === 'Done'");
    }

    @Test
    void manyRequestsOfManyTabs_areAllDrawn_inFlatMemory() throws Exception {
        try (StudioProcess studio = StudioProcess.start(SMALL_HEAP, folder.resolve("gallery"), "--port", "0");
                Browser browser = Browser.open()) {
            List<String> tabs = new ArrayList<>();
            for (int tab = 0; tab < TABS; tab++) {
                browser.driver().switchTo().newWindow(WindowType.TAB);
                tabs.add(browser.driver().getWindowHandle());
                browser.go(studio.address());
            }
            long before = 0;
            for (int round = 0; round < REQUESTS_OF_A_TAB; round += 5) {
                drawInAll(browser, tabs, 5, round);
                before = round == 5 ? memoryMb(studio) : before;
            }
            long after = memoryMb(studio);

            browser.go(studio.address());
            System.out.printf("%d requests of %d tabs: %d MB after the warm-up, %d MB at the end%n", TABS * REQUESTS_OF_A_TAB, TABS, before, after);
            assertThat(browser.text("#gallery h2")).isEqualTo("Gallery (" + TABS * REQUESTS_OF_A_TAB + ")");
            assertThat(after - before).isLessThan(GROWTH_MB);
            stillDraws(browser, studio);
        }
    }

    private static void drawInAll(Browser browser, List<String> tabs, int requests, int first) {
        for (String tab : tabs) {
            browser.driver().switchTo().window(tab);
            browser.js(DRAW_MANY, requests, first);
        }
        for (String tab : tabs) {
            browser.driver().switchTo().window(tab);
            browser.until("drawn === " + requests);
        }
    }

    @Test
    void randomClicks_breakNothing_inFlatMemory() throws Exception {
        Duration time = Duration.ofMinutes(Long.getLong("clicks.minutes", 30));
        try (StudioProcess studio = StudioProcess.start(SMALL_HEAP, folder.resolve("gallery"), "--port", "0");
                Browser browser = Browser.open()) {
            browser.go(studio.address());
            Random random = new Random(SEED);
            long start = System.nanoTime();
            long before = 0;
            int clicks = 0;
            while (System.nanoTime() - start < time.toNanos()) {
                browser.js(CLICK, random.nextInt(1 << 20));
                clicks++;
                Thread.sleep(random.nextInt(300));
                before = before == 0 && System.nanoTime() - start > time.toNanos() / 3 ? memoryMb(studio) : before;
            }
            long after = memoryMb(studio);

            System.out.printf("%d random clicks: %d MB after a third, %d MB at the end%n", clicks, before, after);
            assertThat(browser.errors()).noneMatch(error -> error.contains("500 (") || error.contains("Uncaught"));
            assertThat(after - before).isLessThan(GROWTH_MB);
            stillDraws(browser, studio);
        }
    }
}
