package wurstchen.onnx.internal.library;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * Reads the mounted file systems on Linux. Format: proc_pid_mountinfo(5), where field 5 is the mount point and field 6 its options; a
 * character that would end a field is written as a backslash and three octal digits.
 */
final class Mounts {
    private static final int POINT = 4;
    private static final int OPTIONS = 5;
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private Mounts() {}

    /** Returns whether a folder's file system is mounted so that no library can be loaded from it (noexec); false if unknown. */
    static boolean forbidExecution(Path folder, HostSystem host) {
        try {
            Path real = existing(folder).toRealPath();
            boolean forbidden = false;
            int longest = -1;
            // A later mount on the same point hides an earlier one.
            for (String line : Files.readAllLines(host.root().resolve("proc/self/mountinfo"), StandardCharsets.ISO_8859_1)) {
                String[] fields = line.split(" ");
                Path point = Path.of(unescape(fields[POINT]));
                if (real.startsWith(point) && point.getNameCount() >= longest) {
                    longest = point.getNameCount();
                    forbidden = Arrays.asList(fields[OPTIONS].split(",")).contains("noexec");
                }
            }
            return forbidden;
        } catch (IOException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            return false; // Not Linux, or an unknown format: an attempt to load will tell.
        }
    }

    private static Path existing(Path folder) {
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }

    private static String unescape(String field) {
        String bytes = OCTAL.matcher(field).replaceAll(Mounts::character);
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static String character(MatchResult escape) {
        char character = (char) Integer.parseInt(escape.group(1), Byte.SIZE);
        return character == '\\' ? "\\\\" : String.valueOf(character);
    }
}
