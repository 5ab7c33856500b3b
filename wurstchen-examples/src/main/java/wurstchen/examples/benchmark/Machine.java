package wurstchen.examples.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where and when something was measured.
 *
 * @param processors how many the JVM may use, which respects a container's limit
 * @param os name, version and architecture of the operating system
 * @param java name and version of the JVM
 * @param date of the measurement, UTC
 */
public record Machine(int processors, String os, String java, LocalDate date) {
    private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB$");

    public static Machine current() {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                LocalDate.now(ZoneOffset.UTC));
    }

    /** Returns the most memory that this process has had since it began, Java's and the engine's; Linux only. */
    public static OptionalLong peakProcessBytes() {
        try {
            Matcher peak = PEAK.matcher(Files.readString(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1));
            return peak.find() ? OptionalLong.of(1024 * Long.parseLong(peak.group(1))) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
