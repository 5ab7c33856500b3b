package wurstchen;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** Adds up the wall time of each stage. */
final class StageClock {
    private final Map<CascadeStage, Duration> durations = new EnumMap<>(CascadeStage.class);
    private Stopwatch running;
    private CascadeStage stage;

    void start(CascadeStage next) {
        stop();
        stage = next;
        running = Stopwatch.createStarted();
    }

    void stop() {
        if (running != null) {
            durations.merge(stage, running.elapsed(), Duration::plus);
            running = null;
        }
    }

    ImmutableMap<CascadeStage, Duration> durations() {
        return ImmutableMap.copyOf(durations);
    }
}
