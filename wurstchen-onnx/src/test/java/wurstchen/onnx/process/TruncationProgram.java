package wurstchen.onnx.process;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.cache.FileStamp;

/** Truncates the weights of a model that is open, and goes on. Arguments: a bundle, and whether its weights are mapped. */
final class TruncationProgram {
    private TruncationProgram() {}

    /** Prints whether the picture afterwards is the one of before. */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        List<Path> weights;
        try (Stream<Path> files = Files.list(folder)) {
            weights = files.filter(file -> file.toString().endsWith(".onnx.data")).toList();
        }
        waitUntilTheirTimesSayEnough(weights);
        PictureRequest request = PictureRequest.builder("a cat").seed(1).size(128, 128).stageCSteps(2).stageBSteps(2).build();
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(folder).mapWeights(Boolean.parseBoolean(args[1])).open()) {
            Picture before = wurstchen.generate(request).first().picture();
            for (Path file : weights) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.truncate(0);
                }
            }
            Picture after = wurstchen.generate(request).first().picture();
            System.out.println(after.equals(before) ? "the same picture" : "another picture");
        }
    }

    /** Files that were written just now are read and compared with the manifest a second time. */
    private static void waitUntilTheirTimesSayEnough(List<Path> files) throws IOException, InterruptedException {
        for (Path file : files) {
            while (!FileStamp.of(file).tellsWritesFrom(Instant.now())) {
                Thread.sleep(100);
            }
        }
    }
}
