package wurstchen.studio.browser;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.support.ui.WebDriverWait;

/** Debian's Chromium without a window, and what the tests do with it. */
final class Browser implements AutoCloseable {
    private static final List<String> BINARIES = List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");
    private static final Duration WAIT = Duration.ofMinutes(3);

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    static Browser open() {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(found("CHROMIUM", BINARIES));
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--window-size=1360,1000",
                "--disable-background-networking", "--disable-component-update");
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(new File(found("CHROMEDRIVER", List.of("/usr/bin/chromedriver"))))
                .usingAnyFreePort()
                .build();
        return new Browser(new ChromeDriver(service, options));
    }

    private static String found(String variable, List<String> usual) {
        return Stream.concat(Stream.ofNullable(System.getenv(variable)), usual.stream())
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("none of " + usual + " found: apt-get install chromium chromium-driver, or set " + variable));
    }

    ChromeDriver driver() {
        return driver;
    }

    /** Opens the studio's page and waits until it can be used. */
    Browser go(String address) {
        driver.get(address);
        until("document.body?.dataset.ready === 'true'");
        return this;
    }

    Browser reload() {
        driver.navigate().refresh();
        until("document.body?.dataset.ready === 'true'");
        return this;
    }

    /** Waits until a JavaScript expression is true. */
    Browser until(String expression) {
        new WebDriverWait(driver, WAIT, Duration.ofMillis(20))
                .withMessage(() -> expression + "; status: " + text("#status") + "; toasts: " + text("#toasts"))
                .until(ignored -> Boolean.TRUE.equals(js("return Promise.resolve(" + expression + ").then(Boolean)")));
        return this;
    }

    Object js(String script, Object... arguments) {
        return ((JavascriptExecutor) driver).executeScript(script, arguments);
    }

    long count(String selector) {
        return (long) js("return document.querySelectorAll(arguments[0]).length", selector);
    }

    String text(String selector) {
        return String.valueOf(js("return document.querySelector(arguments[0])?.textContent ?? null", selector));
    }

    String value(String selector) {
        return String.valueOf(js("return document.querySelector(arguments[0]).value", selector));
    }

    WebElement find(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    Browser click(String selector) {
        js("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector);
        find(selector).click();
        return this;
    }

    Browser type(String selector, String text) {
        WebElement field = find(selector);
        field.clear();
        field.sendKeys(text);
        return this;
    }

    /** Sets a value that is inside a closed part of the form too. */
    Browser set(String selector, Object value) {
        js("document.querySelector(arguments[0]).value = arguments[1]", selector, value);
        return this;
    }

    /** Drops a file on an element, as a person does from a window of files. */
    Browser drop(String selector, String name, String type, byte[] bytes) {
        String base64 = java.util.Base64.getEncoder().encodeToString(bytes);
        js("""
            const bytes = Uint8Array.from(atob(arguments[3]), c => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], arguments[1], { type: arguments[2] }));
            const on = document.querySelector(arguments[0]);
            for (const kind of ['dragenter', 'dragover', 'drop'])
              on.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
            """, selector, name, type, base64);
        return this;
    }

    /** What went wrong in the page: errors of scripts, and what its security policy forbade. */
    List<String> errors() {
        return driver.manage().logs().get("browser").getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= java.util.logging.Level.SEVERE.intValue())
                .map(Object::toString)
                .toList();
    }

    void darkMode(boolean dark) {
        driver.executeCdpCommand("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    void size(int width, int height) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    void screenshot(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
