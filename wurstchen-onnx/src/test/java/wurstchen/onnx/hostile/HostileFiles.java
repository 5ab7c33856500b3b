package wurstchen.onnx.hostile;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import wurstchen.onnx.Manifest;

/** Folders with files that are missing, altered, links, or listed by nobody. */
final class HostileFiles {
    private static final String STEP = "stage_c_step.onnx";
    private static final String WEIGHTS = "stage_c_step.onnx.data";

    private HostileFiles() {}

    static Stream<HostileBundle> all() {
        return Stream.of(
                of("missing graph", copy -> Files.delete(copy.file(STEP))),
                of("missing weights", copy -> Files.delete(copy.file(WEIGHTS))),
                of("missing manifest", copy -> Files.delete(copy.file(Manifest.FILE_NAME))),
                of("missing tokenizer", copy -> Files.delete(copy.file("tokenizer_c/vocab.json"))),
                of("empty weights", copy -> Files.write(copy.file(WEIGHTS), new byte[0])),
                of("weights with a byte more", copy -> Files.write(copy.file(WEIGHTS), Arrays.copyOf(copy.read(WEIGHTS), copy.read(WEIGHTS).length + 1))),
                of("weights with a bit changed", copy -> {
                    byte[] bytes = copy.read(WEIGHTS);
                    bytes[100] ^= 1;
                    Files.write(copy.file(WEIGHTS), bytes);
                }),
                of("unlisted file", copy -> Files.write(copy.file("extra.onnx"), new byte[1])),
                of("unlisted hidden file", copy -> Files.write(copy.file(".hidden"), new byte[1])),
                of("unlisted file in a listed folder", copy -> Files.write(copy.file("tokenizer_c/extra"), new byte[1])),
                of("unlisted empty folder", copy -> Files.createDirectory(copy.file("folder"))),
                of("unlisted file that differs by a blank", copy -> Files.write(copy.file(STEP + " "), new byte[1])),
                of("unlisted file that differs by a line break", copy -> Files.write(copy.file(STEP + "\n"), new byte[1])),
                of("unlisted file that differs by case", copy -> Files.write(copy.file("STAGE_C_STEP.onnx"), new byte[1])),
                of("unlisted file whose name forges a line", copy -> Files.write(copy.file("x\nwurstchen: all is well"), new byte[1])),
                of("unlisted file whose name a terminal obeys", copy -> Files.write(copy.file("x\u001b[2J\u009b2J\u202e"), new byte[1])),
                of("link to the same content", copy -> link(copy.file(WEIGHTS), Files.write(copy.folder().resolveSibling("outside"), copy.read(WEIGHTS)))),
                of("link to a device", copy -> link(copy.file(WEIGHTS), Path.of("/dev/zero"))),
                of("link to itself", copy -> link(copy.file(WEIGHTS), copy.file(WEIGHTS))),
                of("linked manifest", copy -> link(
                        copy.file(Manifest.FILE_NAME), Files.write(copy.folder().resolveSibling("outside"), copy.read(Manifest.FILE_NAME)))),
                of("linked folder", copy -> {
                    Path outside = copy.folder().resolveSibling("outside");
                    Files.move(copy.file("tokenizer_c"), outside);
                    Files.createSymbolicLink(copy.file("tokenizer_c"), outside);
                }),
                of("folder in the place of a file", copy -> {
                    Files.delete(copy.file(STEP));
                    Files.createDirectory(copy.file(STEP));
                }),
                of("file in the place of a folder", copy -> {
                    Files.move(copy.file("tokenizer_c"), copy.folder().resolveSibling("outside"));
                    Files.write(copy.file("tokenizer_c"), new byte[1]);
                }),
                of("pipe", copy -> {
                    Files.delete(copy.file(WEIGHTS));
                    new ProcessBuilder("mkfifo", copy.file(WEIGHTS).toString()).start().waitFor();
                }));
    }

    private static HostileBundle of(String name, HostileBundle.Plant plant) {
        return new HostileBundle("files: " + name, plant);
    }

    private static void link(Path file, Path target) throws Exception {
        Files.delete(file);
        Files.createSymbolicLink(file, target);
    }
}
