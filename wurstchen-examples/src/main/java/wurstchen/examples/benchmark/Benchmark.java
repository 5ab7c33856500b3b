package wurstchen.examples.benchmark;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PictureSettings;
import wurstchen.Wurstchen;
import wurstchen.onnx.Device;
import wurstchen.onnx.DeviceWatch;
import wurstchen.onnx.Doctor;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StageTransfers;

/**
 * What a model does on a machine. A request is measured from the call to its result, pictures in Java's memory; writing files is not part.
 *
 * @param hardware the processor or GPU
 * @param model the model's name and precision
 * @param lowMemory whether each part was opened when it was its turn
 * @param settings of the first picture
 * @param pictures pictures of a request
 * @param batchSize how many of them at a time
 * @param verify milliseconds to read and verify the bundle
 * @param open milliseconds to open the graphs on the device
 * @param cold the first request after that
 * @param warm the later ones, each the same as the first
 * @param peakDeviceBytes the most memory of a GPU that was taken from before opening until the end
 */
public record Benchmark(
        String hardware,
        Manifest.About model,
        boolean lowMemory,
        PictureSettings settings,
        int pictures,
        int batchSize,
        double verify,
        double open,
        Sample cold,
        ImmutableList<Sample> warm,
        OptionalLong peakDeviceBytes) {
    /**
     * One request.
     *
     * @param millis wall time from the call to the result
     * @param result what it gave
     */
    public record Sample(double millis, PictureResult result) {
        double millis(CascadeStage stage) {
            return Benchmark.millis(result.durations().getOrDefault(stage, Duration.ZERO));
        }
    }

    /** Told when a request is done. */
    @FunctionalInterface
    public interface Progress {
        void done(int requests, int all);
    }

    /**
     * Measures.
     *
     * @param bundle the model
     * @param verify milliseconds that it took to read and verify
     * @param lowMemory whether each part is opened when it is its turn
     * @param request what to make, every time the same
     * @param repeats requests after the first, at least one
     */
    public static Benchmark run(
            ModelBundle bundle,
            double verify,
            Device device,
            boolean lowMemory,
            PictureRequest request,
            int repeats,
            Progress progress) {
        String hardware = Doctor.hardware(device);
        try (DeviceWatch watch = DeviceWatch.start(device)) {
            Stopwatch opening = Stopwatch.createStarted();
            try (Wurstchen wurstchen = OnnxWurstchen.builder()
                    .model(bundle)
                    .device(device)
                    .lowMemory(lowMemory)
                    .open()) {
                double open = millis(opening.elapsed());
                progress.done(0, repeats + 1);
                Sample cold = sample(wurstchen, request);
                progress.done(1, repeats + 1);
                ImmutableList.Builder<Sample> warm = ImmutableList.builder();
                for (int i = 2; i <= repeats + 1; i++) {
                    warm.add(sample(wurstchen, request));
                    progress.done(i, repeats + 1);
                }
                return new Benchmark(
                        hardware,
                        bundle.manifest().about(),
                        lowMemory,
                        cold.result().first().settings(),
                        request.pictures(),
                        Math.min(request.batchSize(), request.pictures()),
                        verify,
                        open,
                        cold,
                        warm.build(),
                        watch.peakBytes());
            }
        }
    }

    private static Sample sample(Wurstchen wurstchen, PictureRequest request) {
        Stopwatch clock = Stopwatch.createStarted();
        PictureResult result = wurstchen.generate(request);
        return new Sample(millis(clock.elapsed()), result);
    }

    public static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }

    public Spread warm(CascadeStage stage) {
        return new Spread(warm.stream().map(sample -> sample.millis(stage)).toList());
    }

    public Spread warmTogether() {
        return new Spread(warm.stream().map(Sample::millis).toList());
    }

    /** Steps of a stage in a request, over all of its batches; 0 for a stage without. */
    public int steps(CascadeStage stage) {
        int batches = (pictures + batchSize - 1) / batchSize;
        return batches * switch (stage) {
            case STAGE_C -> settings.stageCTimesteps().steps();
            case STAGE_B -> settings.stageBTimesteps().steps();
            case TEXT, STAGE_A -> 0;
        };
    }

    /** Pictures that the middle one of the later requests makes in a second. */
    public double picturesPerSecond() {
        return pictures / warmTogether().median() * 1e3;
    }

    /** What each of the later requests copied; they are the same. */
    public StageTransfers transfers() {
        return warm.get(warm.size() - 1).result().transfers();
    }

    public String engine() {
        return cold.result().engine();
    }

    public List<String> notes() {
        return cold.result().notes();
    }
}
