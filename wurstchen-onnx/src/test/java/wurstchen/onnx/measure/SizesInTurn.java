package wurstchen.onnx.measure;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Stopwatch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.Doctor;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.process.DeviceArgument;
import wurstchen.onnx.process.RequestSize;

/**
 * Measures how long a user waits: from the start of the process to the first picture, and for the first and later pictures of each size that
 * one process makes in turn. Requests have the reference's steps, guided in both stages.
 *
 * <p>Usage: SizesInTurn BUNDLE DEVICE SIZES JSON, the sizes as {@link RequestSize} reads them, at least two.
 */
final class SizesInTurn {
    /** Requests of a size; the steps of the second or third are replayed recordings. */
    private static final int REQUESTS = 4;

    private static final float STAGE_B_GUIDANCE = 2;

    private final ObjectNode json = new ObjectMapper().createObjectNode();

    private SizesInTurn() {}

    /** Measures, prints and writes. */
    public static void main(String[] args) throws IOException {
        checkArgument(args.length == 4, "usage: SizesInTurn BUNDLE DEVICE SIZES JSON");
        List<RequestSize> sizes = Arrays.stream(args[2].split(",")).map(RequestSize::parse).toList();
        checkArgument(sizes.size() >= 2, "SizesInTurn needs two sizes or more, got %s", args[2]);
        SizesInTurn program = new SizesInTurn();
        program.measure(Path.of(args[0]), args[1], sizes);
        String text = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(program.json) + "\n";
        System.out.print(text);
        Files.writeString(Path.of(args[3]), text);
    }

    private void measure(Path folder, String device, List<RequestSize> sizes) {
        json.put("startToMainSeconds", sinceStart());
        try (ModelBundle bundle = ModelBundle.open(folder)) {
            json.put("startToVerifiedSeconds", sinceStart());
            try (Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).device(DeviceArgument.parse(device)).open()) {
                json.put("startToOpenSeconds", sinceStart());
                for (RequestSize size : sizes) {
                    measure(wurstchen, size);
                }
            }
        }
        json.put("hardware", Doctor.hardware(DeviceArgument.parse(device)));
    }

    private void measure(Wurstchen wurstchen, RequestSize size) {
        double[] seconds = new double[REQUESTS];
        for (int i = 0; i < REQUESTS; i++) {
            PictureRequest request =
                    size.builder(i).stageBGuidance(STAGE_B_GUIDANCE).build();
            Stopwatch clock = Stopwatch.createStarted();
            wurstchen.generate(request);
            seconds[i] = clock.elapsed().toNanos() / 1e9;
            if (!json.has("startToFirstPictureSeconds")) {
                json.put("startToFirstPictureSeconds", sinceStart());
            }
        }
        ObjectNode row = json.withArray("sizes").addObject();
        row.put("width", size.width()).put("height", size.height()).put("batchSize", size.batch());
        row.put("firstSeconds", seconds[0]).put("laterSeconds", Arrays.stream(seconds).skip(1).min().orElseThrow());
        Arrays.stream(seconds).forEach(row.withArray("seconds")::add);
    }

    private static double sinceStart() {
        return (System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime()) / 1e3;
    }
}
