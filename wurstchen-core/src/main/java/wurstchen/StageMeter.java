package wurstchen;

import com.google.common.base.Stopwatch;
import com.google.common.collect.HashBasedTable;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import wurstchen.stage.Engine;
import wurstchen.stage.Transfers;

/** Adds up the wall time of each stage and what each of its phases copied. */
final class StageMeter {
    private final Engine engine;
    private final Map<CascadeStage, Duration> durations = new EnumMap<>(CascadeStage.class);
    private final Table<CascadeStage, StagePhase, Transfers> transfers = HashBasedTable.create();
    private Stopwatch running;
    private CascadeStage stage;
    private StagePhase phase;
    private Transfers before;

    StageMeter(Engine engine) {
        this.engine = engine;
    }

    /** Ends what went on, and begins a phase of a stage. */
    void start(CascadeStage nextStage, StagePhase nextPhase) {
        stop();
        stage = nextStage;
        phase = nextPhase;
        before = engine.transfers();
        running = Stopwatch.createStarted();
    }

    void stop() {
        if (running == null) {
            return;
        }
        durations.merge(stage, running.elapsed(), Duration::plus);
        Transfers copied = engine.transfers().since(before);
        if (!copied.equals(Transfers.NONE)) {
            Transfers earlier = transfers.get(stage, phase);
            transfers.put(stage, phase, earlier == null ? copied : earlier.plus(copied));
        }
        running = null;
    }

    ImmutableMap<CascadeStage, Duration> durations() {
        return ImmutableMap.copyOf(durations);
    }

    StageTransfers transfers() {
        return new StageTransfers(ImmutableTable.copyOf(transfers));
    }
}
