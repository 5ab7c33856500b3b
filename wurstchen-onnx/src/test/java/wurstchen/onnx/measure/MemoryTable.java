package wurstchen.onnx.measure;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.onnx.CudaDevice;
import wurstchen.onnx.Device;
import wurstchen.onnx.DeviceWatch;
import wurstchen.onnx.Doctor;
import wurstchen.onnx.Internals;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.cuda.CudaMemoryMeter;
import wurstchen.onnx.internal.cuda.MemoryMeter;
import wurstchen.onnx.process.DeviceArgument;
import wurstchen.onnx.process.LeakProgram;
import wurstchen.onnx.process.ProcessMemory;
import wurstchen.onnx.process.RequestSize;

/**
 * Measures the most memory of a GPU that a model takes, with what CUDA itself takes: by mode, size and pictures at a time. For each, the
 * model is opened, makes two requests and is closed. On the CPU, the process's memory stands in for it, to try the program.
 *
 * <p>Usage: MemoryTable BUNDLE DEVICE SIZES JSON, the sizes as for {@link LeakProgram}, small ones first. Exit status 1 if one cannot be
 * made.
 */
final class MemoryTable {
    /** Memory is planned in the first one; of each stage, steps are recorded in one or the other. */
    private static final int REQUESTS = 2;

    private final ModelBundle bundle;
    private final Device device;
    private final MemoryMeter meter;
    private final long before;
    private final ObjectNode json = new ObjectMapper().createObjectNode();

    private MemoryTable(ModelBundle bundle, Device device) {
        this.bundle = bundle;
        this.device = device;
        meter = device instanceof CudaDevice cuda ? CudaMemoryMeter.open(Internals.index(cuda)) : ProcessMemory::resident;
        before = device instanceof CudaDevice ? meter.usedBytes() : 0;
        if (before < 0) {
            throw new IllegalStateException("NVIDIA's driver does not say how much memory is in use");
        }
    }

    /** Measures, prints and writes. */
    public static void main(String[] args) throws IOException {
        checkArgument(args.length == 4, "usage: MemoryTable BUNDLE DEVICE SIZES JSON");
        List<RequestSize> sizes = Arrays.stream(args[2].split(",")).map(RequestSize::parse).toList();
        try (ModelBundle bundle = ModelBundle.open(Path.of(args[0]))) {
            sizes.forEach(size -> bundle.manifest().geometry().checkSize(size.height(), size.width()));
            MemoryTable table = new MemoryTable(bundle, DeviceArgument.parse(args[1]));
            boolean whole = table.measure(sizes);
            Files.writeString(Path.of(args[3]), table.text());
            if (!whole) {
                throw new IllegalStateException("not every size could be made: see the table");
            }
        }
    }

    /** Returns whether every size could be made. */
    private boolean measure(List<RequestSize> sizes) {
        json.put("date", LocalDate.now(ZoneOffset.UTC).toString())
                .put("hardware", Doctor.hardware(device))
                .put("device", device.toString())
                .put("model", bundle.manifest().about().name())
                .put("precision", bundle.manifest().about().precision().toString())
                .put("of", device instanceof CudaDevice ? "GPU" : "process");
        System.out.println(json.get("hardware").textValue() + "; " + json.get("model").textValue() + ", "
                + json.get("precision").textValue());
        System.out.printf("%-12s %-14s %-8s %s%n", "mode", "px", "at once", "MB at most");
        boolean whole = true;
        for (boolean lowMemory : ImmutableList.of(false, true)) {
            for (RequestSize size : sizes) {
                whole &= measure(lowMemory, size);
            }
        }
        return whole;
    }

    private boolean measure(boolean lowMemory, RequestSize size) {
        String mode = lowMemory ? "low memory" : "usual";
        ObjectNode row = json.withArray("most").addObject();
        row.put("mode", mode).put("width", size.width()).put("height", size.height()).put("batchSize", size.batch());
        String found;
        boolean made = true;
        try {
            long bytes = most(lowMemory, size);
            row.put("bytes", bytes);
            found = String.format(Locale.ROOT, "%,d", bytes / 1_000_000);
        } catch (WurstchenException e) {
            row.put("failure", e.getMessage());
            found = e.getMessage();
            made = false;
        }
        System.out.printf("%-12s %-14s %-8d %s%n", mode, size.width() + " x " + size.height(), size.batch(), found);
        return made;
    }

    /** Above what other programs took before this one began. */
    private long most(boolean lowMemory, RequestSize size) {
        long atStart = meter.usedBytes();
        try (DeviceWatch watch = Internals.watch(meter);
                Wurstchen wurstchen = OnnxWurstchen.builder()
                        .model(bundle)
                        .device(device)
                        .lowMemory(lowMemory)
                        .open()) {
            for (int i = 0; i < REQUESTS; i++) {
                wurstchen.generate(size.request(i));
            }
            return atStart - before + watch.peakBytes().orElseThrow();
        }
    }

    private String text() throws IOException {
        return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(json) + "\n";
    }
}
