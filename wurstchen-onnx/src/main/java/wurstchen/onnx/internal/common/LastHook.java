package wurstchen.onnx.internal.common;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A shutdown hook that works when all others are done, as far as that can be told: a service's hook may wait for requests, which need what this
 * one ends.
 *
 * <p>Source: {@code java.lang.ApplicationShutdownHooks} of JDK 17 to 25. The thread that exits starts all hooks, one after the other, and then
 * joins them in the same order. So hooks that were started before this one are done when it joins this one; and hooks that were started after
 * this one are threads that were created before the exit began and not started yet. Where a JDK does it otherwise, this one does not wait.
 */
final class LastHook extends Thread {
    /** The name of each; those of several class loaders must not wait for one another. */
    static final String NAME = "wurstchen exit";

    /** A thread that is no hook could be taken for one if it was started at the very moment. */
    private static final Duration LONGEST_WAIT_FOR_LATER_HOOKS = Duration.ofMinutes(1);

    private static final Duration FOR_THE_OTHER_TO_WAKE_UP = Duration.ofMillis(2);

    private final Runnable work;
    private Thread exiting;
    private Set<Thread> startedBefore;
    private long firstIdOfExit;

    LastHook(Runnable work) {
        super(NAME);
        this.work = work;
    }

    /** Called by the thread that exits. */
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
     * Returns whether the thread that exits waits for this one. While it does, it waits on this object's monitor: then it wakes up here, and is
     * blocked as long as this thread holds the monitor. A thread that waits for another hook stays as it is.
     */
    private synchronized boolean isJoined() throws InterruptedException {
        notifyAll();
        sleep(FOR_THE_OTHER_TO_WAKE_UP.toMillis());
        boolean joins = isIn("java.lang.Thread", "join"); // Before, while it starts hooks, other monitors may block it.
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
