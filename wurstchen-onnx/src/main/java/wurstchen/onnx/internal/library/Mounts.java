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
 * What Linux says of mounted file systems. Format: proc_pid_mountinfo(5), where field 5 is the mount point and field 6 its options; a character
 * that would end a field is written as a backslash and three octal digits.
 */
final class Mounts {
    private static final int POINT = 4;
    private static final int OPTIONS = 5;
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private Mounts() {}

    /** Returns whether no library can be loaded from a folder because of how its file system is mounted; false where nothing says so. */
    static boolean forbidExecution(Path folder, HostSystem host) {
        try {
            Path real = existing(folder).toRealPath();
            boolean forbidden = false;
            int longest = -1;
            // A later line hides an earlier one of the same point.
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
            return false; // Not Linux, or one that says it otherwise: loading will show.
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
