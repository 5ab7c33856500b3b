package wurstchen.onnx;

import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;

/**
 * Leaves the JVM while pictures are made, and closes nothing. Arguments: an {@link Ending}, and a seed for the moment. Prints
 * {@code generating} once a step was done.
 */
final class ExitProgram {
    /** Of System.exit. */
    static final int STATUS = 7;

    /** About as long as a picture takes. */
    private static final int LONGEST_DELAY_MICROSECONDS = 30_000;

    /** How the JVM ends. */
    enum Ending {
        /** Another thread calls System.exit. */
        EXIT,
        /** The listener calls System.exit, on the thread that generates. */
        EXIT_IN_LISTENER,
        /** main returns, and daemon threads are left behind. */
        DAEMON,
        /** Somebody else ends it. */
        SIGNAL
    }

    private ExitProgram() {}

    /** Generates and leaves. */
    public static void main(String[] args) throws InterruptedException {
        Ending ending = Ending.valueOf(args[0]);
        Random random = new Random(Long.parseLong(args[1]));
        CountDownLatch generating = new CountDownLatch(2);
        // Two pipelines, so that most moments are inside a run of a graph.
        for (int i = 0; i < 2; i++) {
            Thread thread = new Thread(() -> generate(ending, generating), "generating " + i);
            thread.setDaemon(true);
            thread.start();
        }
        generating.await();
        System.out.println("generating");
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(LONGEST_DELAY_MICROSECONDS)));
        if (ending == Ending.EXIT) {
            System.exit(STATUS);
        } else if (ending != Ending.DAEMON) {
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private static void generate(Ending ending, CountDownLatch generating) {
        Wurstchen wurstchen = OnnxWurstchen.builder().model(Golden.BUNDLE).device(Device.cpu(1)).open();
        while (true) {
            wurstchen.generate(PictureRequest.builder("a cat")
                    .size(256, 256)
                    .listener(step -> {
                        generating.countDown();
                        if (ending == Ending.EXIT_IN_LISTENER && generating.getCount() == 0) {
                            System.exit(STATUS);
                        }
                    })
                    .build());
        }
    }
}
