package wurstchen.onnx.process.exit;

import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.common.JvmExit;
import wurstchen.onnx.process.DeviceArgument;

/**
 * Leaves the JVM while pictures are made, and closes nothing. Arguments: a device, an {@link Ending}, and a seed for the moment. Prints
 * {@code generating} once every pipeline has done a step.
 */
final class ExitProgram {
    /** Of System.exit. */
    static final int STATUS = 7;

    /** About as long as a picture takes. */
    private static final int LONGEST_DELAY_MICROSECONDS = 30_000;

    /** So many that most moments are inside a run of a graph. */
    private static final int PIPELINES = 2;

    /** How the JVM ends. */
    enum Ending {
        /** Another thread calls System.exit. */
        EXIT,
        /** The same, while the parts of a model are opened and closed in turn. */
        EXIT_IN_LOW_MEMORY,
        /** The listener calls System.exit, on the thread that generates. */
        EXIT_IN_LISTENER,
        /** main returns, and daemon threads are left behind. */
        DAEMON,
        /** Somebody else ends it. */
        SIGNAL,
        /** main returns, and a shutdown hook makes a picture when ONNX Runtime's own is done. */
        PICTURE_IN_HOOK
    }

    private ExitProgram() {}

    /** Generates and leaves. */
    public static void main(String[] args) throws InterruptedException {
        Device device = DeviceArgument.parse(args[0]);
        Ending ending = Ending.valueOf(args[1]);
        if (ending == Ending.PICTURE_IN_HOOK) {
            makeInHook(OnnxWurstchen.builder().model(Golden.BUNDLE).device(device).open());
            return;
        }
        Random random = new Random(Long.parseLong(args[2]));
        CountDownLatch generating = new CountDownLatch(PIPELINES);
        for (int i = 0; i < PIPELINES; i++) {
            Thread thread = new Thread(() -> generate(device, ending, generating), "generating " + i);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler(ExitProgram::report);
            thread.start();
        }
        generating.await();
        System.out.println("generating");
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(LONGEST_DELAY_MICROSECONDS)));
        if (ending == Ending.EXIT || ending == Ending.EXIT_IN_LOW_MEMORY) {
            System.exit(STATUS);
        } else if (ending != Ending.DAEMON) {
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private static void makeInHook(Wurstchen wurstchen) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            // Hooks run at once. ONNX Runtime's, which gives up its environment, takes microseconds.
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            wurstchen.generate("a cat");
            System.out.println("picture");
        }));
    }

    /** A device that lets nothing begin at the end says so; anything else is not expected. */
    private static void report(Thread thread, Throwable failure) {
        if (!String.valueOf(failure.getMessage()).endsWith(JvmExit.EndingException.MESSAGE)) {
            failure.printStackTrace();
        }
    }

    private static void generate(Device device, Ending ending, CountDownLatch generating) {
        Wurstchen wurstchen = OnnxWurstchen.builder()
                .model(Golden.BUNDLE)
                .device(device)
                .lowMemory(ending == Ending.EXIT_IN_LOW_MEMORY)
                .open();
        AtomicBoolean first = new AtomicBoolean(true);
        while (true) {
            wurstchen.generate(PictureRequest.builder("a cat")
                    .size(256, 256)
                    .listener(step -> {
                        if (first.getAndSet(false)) {
                            generating.countDown();
                        }
                        if (ending == Ending.EXIT_IN_LISTENER && generating.getCount() == 0) {
                            System.exit(STATUS);
                        }
                    })
                    .build());
        }
    }
}
