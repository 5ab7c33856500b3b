package wurstchen.onnx.process.exit;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import wurstchen.PictureRequest;
import wurstchen.PipelineClosedException;
import wurstchen.Wurstchen;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.process.DeviceArgument;

/**
 * Uses the model on the class path as a service does, and ends in one of the ways of {@link Shutdown}. Prints {@code running} when a request
 * runs and another waits, {@code picture} for each that it was told to wait for, and whatever goes wrong.
 */
final class ShutdownProgram {
    static final int STATUS = 7;

    /** So many that a request is not done before the signal comes. */
    private static final int STEPS = 400;

    private final Shutdown shutdown;
    private final ModelBundle bundle = ModelBundle.openResource(ShutdownProgram.class, "tiny-bundle");
    private final Wurstchen wurstchen;
    private final ExecutorService requests = Executors.newFixedThreadPool(2);
    private final CountDownLatch running = new CountDownLatch(1);

    private ShutdownProgram(Shutdown shutdown) {
        this.shutdown = shutdown;
        wurstchen = OnnxWurstchen.builder()
                .model(bundle)
                .device(DeviceArgument.parse(shutdown.name().startsWith("DEVICE_THREAD") ? DeviceArgument.REMOTE : DeviceArgument.CPU))
                .lowMemory(shutdown.name().startsWith("LOW_MEMORY"))
                .open();
    }

    /** Makes pictures and ends. */
    public static void main(String[] args) throws InterruptedException {
        new ShutdownProgram(Shutdown.valueOf(args[0])).run();
    }

    private void run() throws InterruptedException {
        switch (shutdown) {
            case TRY_WITH_RESOURCES -> {
                try (bundle; wurstchen) {
                    wurstchen.generate(request(1));
                }
            }
            case NOTHING_CLOSED -> wurstchen.generate(request(1));
            case EXIT -> System.exit(STATUS);
            case HOOK_CLOSES -> {
                hook(this::close);
                System.exit(STATUS);
            }
            case TWO_HOOKS_CLOSE -> {
                hook(this::close);
                hook(this::close);
                System.exit(STATUS);
            }
            case DAEMON -> {
                Thread thread = new Thread(this::make);
                thread.setDaemon(true);
                thread.start();
                running.await();
            }
            case SIGNAL -> serve();
            case SIGNAL_AND_HOOK_CLOSES, LOW_MEMORY_AND_HOOK_CLOSES -> {
                hook(this::close);
                serve();
            }
            case SIGNAL_AND_HOOK_WAITS, LOW_MEMORY_AND_HOOK_WAITS, DEVICE_THREAD_AND_HOOK_WAITS -> {
                hook(this::finish);
                serve();
            }
        }
        requests.shutdown();
    }

    private static void hook(Runnable work) {
        Runtime.getRuntime().addShutdownHook(new Thread(work));
    }

    private static PictureRequest request(int steps) {
        return PictureRequest.builder("a cat").size(128, 128).stageCSteps(steps).stageBSteps(1).build();
    }

    /** Has one request run and another wait, and waits for the signal. */
    private void serve() throws InterruptedException {
        requests.execute(this::make);
        running.await();
        requests.execute(this::make);
        System.out.println("running");
        Thread.sleep(Long.MAX_VALUE);
    }

    private void make() {
        try {
            PictureRequest request = PictureRequest.builder("a cat")
                    .size(128, 128)
                    .stageCSteps(STEPS)
                    .stageBSteps(1)
                    .listener(step -> running.countDown())
                    .build();
            wurstchen.generate(request);
            System.out.println("picture");
        } catch (PipelineClosedException e) {
            // As some ways have it.
        } catch (RuntimeException e) {
            e.printStackTrace();
        }
    }

    /** What a service does that ends gracefully. */
    private void finish() {
        requests.shutdown();
        try {
            if (!requests.awaitTermination(2, TimeUnit.MINUTES)) {
                System.out.println("the requests do not end");
            }
        } catch (InterruptedException e) {
            e.printStackTrace();
        }
        close();
    }

    private void close() {
        wurstchen.close();
        bundle.close();
    }
}
