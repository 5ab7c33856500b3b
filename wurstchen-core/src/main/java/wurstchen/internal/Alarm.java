package wurstchen.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs actions after a time, on the JDK's own timer thread. */
public final class Alarm {
    private Alarm() {}

    /**
     * Sets an alarm.
     *
     * @param time from now on; a time of centuries never comes
     * @param action must be quick: other timers of the JVM wait for it
     * @return takes the action back
     */
    public static Registration after(Duration time, Runnable action) {
        CompletableFuture<Void> alarm = new CompletableFuture<>();
        alarm.orTimeout(TimeUnit.NANOSECONDS.convert(time), TimeUnit.NANOSECONDS).whenComplete((nothing, timeout) -> {
            if (timeout != null) {
                action.run();
            }
        });
        return () -> alarm.complete(null);
    }
}
