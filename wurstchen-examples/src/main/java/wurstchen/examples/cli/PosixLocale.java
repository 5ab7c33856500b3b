package wurstchen.examples.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine;

/**
 * Text beyond ASCII where the locale is POSIX, as in containers. There Java reads every such byte of an argument as a question mark, and a
 * prompt would silently become another one; Linux still has the bytes, which are UTF-8 in practice. Printed text is UTF-8 as well.
 */
final class PosixLocale {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private PosixLocale() {}

    private static boolean applies() {
        return "ANSI_X3.4-1968".equals(System.getProperty("sun.jnu.encoding")) && Files.isReadable(COMMAND_LINE);
    }

    static CommandLine printing(CommandLine line) {
        return applies() ? line.setOut(utf8(FileDescriptor.out)).setErr(utf8(FileDescriptor.err)) : line;
    }

    private static PrintWriter utf8(FileDescriptor stream) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(stream), UTF_8), true);
    }

    static String[] arguments(String[] args) {
        if (!applies()) {
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
