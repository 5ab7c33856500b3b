package wurstchen.onnx.process.exit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import wurstchen.onnx.internal.common.JvmExit;

/**
 * Leaves the JVM during work that {@link JvmExit} knows of, which takes as many milliseconds as the first argument says, while daemon threads and
 * as many shutdown hooks as the second argument says begin more.
 */
final class WorkAtExitProgram {
    static final int STATUS = 7;

    /** What a hook does: so much that others would be done long before. */
    private static final int PIECES = 50;

    private static final Duration BETWEEN_PIECES = Duration.ofMillis(10);

    private WorkAtExitProgram() {}

    /** Works and leaves. */
    public static void main(String[] args) throws InterruptedException {
        Duration length = Duration.ofMillis(Long.parseLong(args[0]));
        CountDownLatch begun = new CountDownLatch(1);
        daemon(() -> work(length, begun));
        begun.await();
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            Runtime.getRuntime().addShutdownHook(new Thread(WorkAtExitProgram::workInHook));
        }
        daemon(WorkAtExitProgram::beginMore);
        System.exit(STATUS);
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    private static void work(Duration length, CountDownLatch begun) {
        try {
            JvmExit.during(() -> {
                begun.countDown();
                Thread.sleep(length.toMillis());
                System.out.println("the work is done");
                return null;
            });
        } catch (InterruptedException | JvmExit.EndingException e) {
            e.printStackTrace();
        }
    }

    private static void workInHook() {
        try {
            for (int i = 0; i < PIECES; i++) {
                Thread.sleep(BETWEEN_PIECES.toMillis());
                JvmExit.during(() -> true);
            }
            System.out.println("a hook is done");
        } catch (InterruptedException | JvmExit.EndingException e) {
            e.printStackTrace();
        }
    }

    /** Threads that no hook waits for may be ended at any moment. */
    private static void beginMore() {
        try {
            while (true) {
                JvmExit.during(() -> true);
            }
        } catch (JvmExit.EndingException e) {
            System.out.println("no more work: " + e.getMessage());
        }
    }
}
