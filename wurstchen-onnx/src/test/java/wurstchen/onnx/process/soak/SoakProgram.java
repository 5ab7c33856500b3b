package wurstchen.onnx.process.soak;

import static com.google.common.base.Preconditions.checkState;

import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;
import wurstchen.onnx.OnnxWurstchen;

/**
 * A service of 16 clients whose requests are mixed, and given up in all ways, while the model is closed and opened again. Arguments: a bundle,
 * a picture, seconds, seconds between reopens, and how many MB of heap and of resident memory may be added after warming up.
 *
 * <p>Exit status 0; 1 if a request gave other pictures than the first time, or failed in a way that is not documented, if memory grows, or if
 * threads or files are left.
 */
final class SoakProgram {
    private static final int CLIENTS = 16;
    private static final int MOST_WAITING = 10;
    private static final int SAMPLES = 30;

    private final Path bundle;
    private final Picture picture;
    private final Map<SoakKind, Object> expected = new EnumMap<>(SoakKind.class);
    private final AtomicReference<Wurstchen> service = new AtomicReference<>();
    private final SoakMeter meter = new SoakMeter();
    private volatile boolean over;

    private SoakProgram(Path bundle, Picture picture) {
        this.bundle = bundle;
        this.picture = picture;
    }

    /** Runs the service. */
    public static void main(String[] args) throws Exception {
        SoakProgram program = new SoakProgram(Path.of(args[0]), PictureReader.create().read(Path.of(args[1])));
        program.warmUp();
        int threads = SoakMeter.threads().size();
        int files = SoakMeter.files();
        System.out.println("before: " + SoakMeter.now());
        program.serve(Duration.ofSeconds(Long.parseLong(args[2])), Duration.ofSeconds(Long.parseLong(args[3])));
        System.out.println("closed: " + SoakMeter.now());
        NativeLibrary.getProcess().getFunction("malloc_trim").invokeInt(new Object[] {0L});
        System.out.println("trimmed: " + SoakMeter.now());
        checkState(SoakMeter.threads().size() <= threads, "%s threads before, now %s", threads, SoakMeter.threads());
        checkState(SoakMeter.files() <= files, "%s files before, now %s", files, SoakMeter.files());
        long heap = program.meter.growth(SoakMeter.Sample::heap);
        long resident = program.meter.growth(SoakMeter.Sample::resident);
        System.out.println("grew after warming up: heap " + heap + " MB, resident " + resident + " MB");
        checkState(heap < Long.parseLong(args[4]), "the heap grew by %s MB", heap);
        checkState(resident < Long.parseLong(args[5]), "the resident memory grew by %s MB", resident);
    }

    /** Opens and closes once, so that what stays for the process is there, and keeps the first result of each kind. */
    private void warmUp() {
        try (Wurstchen first = open()) {
            for (SoakKind kind : SoakKind.values()) {
                expected.put(kind, SoakClient.made(first.generate(kind.request(picture).build())));
            }
        }
    }

    private Wurstchen open() {
        return OnnxWurstchen.builder().model(bundle).maxWaitingRequests(MOST_WAITING).open();
    }

    private void serve(Duration time, Duration betweenReopens) throws InterruptedException, ExecutionException {
        service.set(open());
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        ScheduledExecutorService later = Executors.newScheduledThreadPool(2);
        List<Future<Map<String, Integer>>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            SoakClient client = new SoakClient(service::get, expected, picture, later, i);
            clients.add(threads.submit(() -> run(client)));
        }
        watch(time, betweenReopens);
        over = true;
        Map<String, Integer> outcomes = new TreeMap<>();
        for (Future<Map<String, Integer>> client : clients) {
            client.get().forEach((outcome, count) -> outcomes.merge(outcome, count, Integer::sum));
        }
        System.out.println("outcomes: " + outcomes);
        service.get().close();
        threads.shutdown();
        later.shutdownNow();
        threads.awaitTermination(1, TimeUnit.MINUTES);
        later.awaitTermination(1, TimeUnit.MINUTES);
    }

    private Map<String, Integer> run(SoakClient client) throws InterruptedException {
        Map<String, Integer> outcomes = new TreeMap<>();
        while (!over) {
            String outcome = client.send();
            outcomes.merge(outcome, 1, Integer::sum);
            if (outcome.equals("queue full")) {
                Thread.sleep(100);
            }
        }
        return outcomes;
    }

    private void watch(Duration time, Duration betweenReopens) throws InterruptedException {
        long start = System.nanoTime();
        long reopened = start;
        for (int i = 1; i <= SAMPLES; i++) {
            long next = start + time.toNanos() / SAMPLES * i;
            while (System.nanoTime() < next) {
                Thread.sleep(50);
                if (System.nanoTime() - reopened > betweenReopens.toNanos()) {
                    service.getAndSet(open()).close();
                    reopened = System.nanoTime();
                }
            }
            meter.sample(Duration.ofNanos(System.nanoTime() - start).toSeconds() + " s");
        }
    }
}
