package wurstchen.onnx.process.exit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import wurstchen.onnx.internal.common.JvmExit;

/** Leaves the JVM during work that {@link JvmExit} knows of, which takes as many milliseconds as the argument says, and begins more. */
final class WorkAtExitProgram {
    static final int STATUS = 7;

    private WorkAtExitProgram() {}

    /** Works and leaves. */
    public static void main(String[] args) throws InterruptedException {
        Duration length = Duration.ofMillis(Long.parseLong(args[0]));
        CountDownLatch begun = new CountDownLatch(1);
        Thread worker = new Thread(() -> work(length, begun));
        worker.setDaemon(true);
        worker.start();
        begun.await();
        Runtime.getRuntime().addShutdownHook(new Thread(WorkAtExitProgram::beginMore));
        System.exit(STATUS);
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

    /** Hooks run at once, so this one may come before the one that lets no work begin any more. */
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
