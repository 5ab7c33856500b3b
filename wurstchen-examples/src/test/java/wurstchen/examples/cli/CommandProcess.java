package wurstchen.examples.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Commands in JVMs of their own, as a shell starts them. */
public final class CommandProcess {
    private CommandProcess() {}

    /** Starts a command in a folder; its output goes to out.txt and err.txt of another folder. */
    public static Process start(Path folder, Path output, String... args) throws IOException {
        return builder(folder, args)
                .redirectOutput(output.resolve("out.txt").toFile())
                .redirectError(output.resolve("err.txt").toFile())
                .start();
    }

    /** Returns a process that is ready to start. */
    public static ProcessBuilder builder(Path folder, String... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                absolute(System.getProperty("java.class.path")),
                WurstchenCommand.class.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).directory(folder.toFile());
    }

    /** The options of a small picture of the tiny bundle. */
    public static List<String> tiny() {
        return List.of(
                "--model=" + CommandRun.TINY_BUNDLE.toAbsolutePath().normalize(),
                "--width=384",
                "--height=128",
                "--stage-c-steps=2",
                "--stage-b-steps=1");
    }

    private static String absolute(String classPath) {
        List<String> entries = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    /** Returns what was written to a file of the output folder. */
    public static String read(Path output, String name) throws IOException {
        return Files.readString(output.resolve(name));
    }
}
