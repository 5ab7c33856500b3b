package wurstchen.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One daemon thread that is started when there is work, and ends after some seconds without. Thread-safe. */
public final class RequestThread implements Executor {
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor executor;

    /**
     * Starts no thread yet.
     *
     * @param name of the thread
     */
    public RequestThread(String name) {
        executor = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable work) {
        executor.execute(work);
    }
}
