package wurstchen.internal;

import com.google.common.base.Stopwatch;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StagePhase;
import wurstchen.progress.StageTransfers;
import wurstchen.stage.Engine;
import wurstchen.stage.Transfers;

/** Adds up the wall time of each stage and what each of its phases copied. */
public final class StageMeter {
    private final Engine engine;
    private final Map<CascadeStage, Duration> durations = new EnumMap<>(CascadeStage.class);
    private final Map<CascadeStage, Map<StagePhase, Transfers>> transfers = new EnumMap<>(CascadeStage.class);
    private @Nullable Running running;

    /** A phase that goes on. */
    private record Running(CascadeStage stage, StagePhase phase, Transfers before, Stopwatch time) {}

    /** {@code engine}: of the stages. */
    public StageMeter(Engine engine) {
        this.engine = engine;
    }

    /** Ends what went on, and begins a phase of a stage. */
    public void start(CascadeStage nextStage, StagePhase nextPhase) {
        stop();
        running = new Running(nextStage, nextPhase, engine.transfers(), Stopwatch.createStarted());
    }

    /** Ends what went on. */
    public void stop() {
        if (running == null) {
            return;
        }
        durations.merge(running.stage(), running.time().elapsed(), Duration::plus);
        Transfers copied = engine.transfers().since(running.before());
        if (!copied.equals(Transfers.NONE)) {
            transfers.computeIfAbsent(running.stage(), any -> new EnumMap<>(StagePhase.class))
                    .merge(running.phase(), copied, Transfers::plus);
        }
        running = null;
    }

    /** The wall time of each stage so far, immutable. */
    public Map<CascadeStage, Duration> durations() {
        return Collections.unmodifiableMap(new EnumMap<>(durations));
    }

    /** What was copied so far. */
    public StageTransfers transfers() {
        return StageTransfers.copyOf(transfers);
    }
}
