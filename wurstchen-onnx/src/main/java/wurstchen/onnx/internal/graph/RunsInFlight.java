package wurstchen.onnx.internal.graph;

import java.util.HashSet;
import java.util.Set;
import wurstchen.onnx.internal.binding.PreparedRun;

/** The runs of a graph that go on right now, so that they can be stopped. Thread-safe. */
final class RunsInFlight {
    private final Set<PreparedRun> runs = new HashSet<>();

    /** Adds a run that is about to begin. */
    synchronized void add(PreparedRun run) {
        runs.add(run);
    }

    /** Removes a run that is over; from then on nobody stops it, and it can be run again. */
    synchronized void remove(PreparedRun run) {
        runs.remove(run);
        run.clearTerminate();
    }

    /** Makes all of them fail soon. */
    synchronized void stop() {
        runs.forEach(PreparedRun::terminate);
    }
}
