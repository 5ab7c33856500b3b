package wurstchen.onnx.internal.common;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A shutdown hook that acts after all others, as far as this can be observed: another hook may wait for requests that need what this hook
 * ends.
 *
 * <p>Source: {@code java.lang.ApplicationShutdownHooks} of JDK 17 to 25. The exiting thread starts all hooks one after the other and then
 * joins them in the same order. Hooks that were started before this one are done when this one is joined. Hooks that are started after it
 * are threads that existed, not yet started, when the exit began. On a JDK that works differently, this hook does not wait.
 */
final class LastHook extends Thread {
    /** The thread name of every instance. Instances of several class loaders must not wait for each other. */
    static final String NAME = "wurstchen exit";

    /** Limits the wait: a thread that is not a hook could be mistaken for one if it was started at that moment. */
    private static final Duration LONGEST_WAIT_FOR_LATER_HOOKS = Duration.ofMinutes(1);

    private static final Duration FOR_THE_OTHER_TO_WAKE_UP = Duration.ofMillis(2);

    private final Runnable work;
    private Thread exiting = this;
    private Set<Thread> startedBefore = Set.of();
    private long firstIdOfExit;

    LastHook(Runnable work) {
        super(NAME);
        this.work = work;
    }

    /** Called by the exiting thread. */
    @Override
    public void start() {
        exiting = Thread.currentThread();
        startedBefore = Set.copyOf(liveThreads());
        firstIdOfExit = new Thread(NAME).getId();
        super.start();
    }

    @Override
    public void run() {
        try {
            while (!isJoined()) {
                // Another hook is joined before this one.
            }
            long start = System.nanoTime();
            for (Thread later : startedAfter()) {
                long left = LONGEST_WAIT_FOR_LATER_HOOKS.toNanos() - (System.nanoTime() - start);
                later.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            }
        } catch (InterruptedException e) {
            interrupt();
        }
        work.run();
    }

    /**
     * Returns whether the exiting thread is joining this hook. While joining, it waits on this object's monitor: it wakes up here and stays
     * blocked as long as this thread holds the monitor. If it waits for another hook, its state does not change.
     */
    private synchronized boolean isJoined() throws InterruptedException {
        notifyAll();
        sleep(FOR_THE_OTHER_TO_WAKE_UP.toMillis());
        boolean joins = isIn("java.lang.Thread", "join"); // While it starts hooks, it may be blocked on other monitors.
        return switch (exiting.getState()) {
            case BLOCKED -> joins;
            case WAITING, TIMED_WAITING -> !isIn("java.lang.Object", "wait");
            case NEW, RUNNABLE -> false;
            case TERMINATED -> true;
        };
    }

    private boolean isIn(String type, String method) {
        return Arrays.stream(exiting.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals(type) && frame.getMethodName().startsWith(method));
    }

    private List<Thread> startedAfter() {
        return liveThreads().stream()
                .filter(thread -> !startedBefore.contains(thread) && thread.getId() < firstIdOfExit && !thread.getName().equals(NAME))
                .toList();
    }

    private static List<Thread> liveThreads() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        Thread[] threads = new Thread[group.activeCount() + 100];
        int count = group.enumerate(threads);
        return Arrays.stream(threads, 0, count).filter(Objects::nonNull).toList();
    }
}
