package wurstchen.onnx.process.exit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import wurstchen.onnx.internal.common.JvmExit;

/**
 * Leaves the JVM during work that {@link JvmExit} knows of, while daemon threads and as many shutdown hooks as the second argument says begin
 * more. The work goes on until more is refused, however long the exit takes to get there, and a little longer; or, if the first argument says
 * so, for ever.
 */
final class WorkAtExitProgram {
    static final int STATUS = 7;
    static final String ENDS = "ends";
    static final String HANGS = "hangs";

    /** What a hook does: so much that others would be done long before. */
    private static final int PIECES = 50;

    private static final Duration BETWEEN_PIECES = Duration.ofMillis(10);

    /** An exit that does not wait for the work is over by then. */
    private static final Duration AFTER_REFUSAL = Duration.ofMillis(300);

    private static final CountDownLatch REFUSED = new CountDownLatch(1);

    private WorkAtExitProgram() {}

    /** Works and leaves. */
    public static void main(String[] args) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        daemon(() -> work(args[0].equals(HANGS), begun));
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

    private static void work(boolean hangs, CountDownLatch begun) {
        try {
            JvmExit.during(() -> {
                begun.countDown();
                (hangs ? new CountDownLatch(1) : REFUSED).await();
                Thread.sleep(AFTER_REFUSAL.toMillis());
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
            REFUSED.countDown();
        }
    }
}
