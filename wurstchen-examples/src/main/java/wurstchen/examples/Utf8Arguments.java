package wurstchen.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The arguments as they were typed. In a POSIX locale, as containers have, Java reads every byte beyond ASCII of an argument as
 * a question mark, and a prompt would silently become another one; Linux still has the bytes.
 */
final class Utf8Arguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private Utf8Arguments() {}

    static String[] recover(String[] args) {
        if (UTF_8.name().equals(System.getProperty("sun.jnu.encoding")) || !Files.isReadable(COMMAND_LINE)) {
            return args;
        }
        try {
            return lastOf(Files.readAllBytes(COMMAND_LINE), args);
        } catch (IOException e) {
            return args;
        }
    }

    /**
     * Takes the program's arguments, which end the command line.
     *
     * @param commandLine every argument of the process, each followed by a zero byte
     * @param args as Java read them
     * @return as many arguments as {@code args}, read as UTF-8; {@code args} if the command line has fewer
     */
    static String[] lastOf(byte[] commandLine, String[] args) {
        String text = new String(commandLine, UTF_8);
        String[] all = text.substring(0, Math.max(0, text.length() - 1)).split("\0", -1);
        return all.length < args.length ? args : Arrays.copyOfRange(all, all.length - args.length, all.length);
    }
}
