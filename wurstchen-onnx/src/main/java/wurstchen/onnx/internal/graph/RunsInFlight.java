package wurstchen.onnx.internal.graph;

import java.util.HashSet;
import java.util.Set;
import wurstchen.onnx.internal.binding.PreparedRun;

/** The current runs of a graph, so that they can be terminated. Thread-safe. */
final class RunsInFlight {
    private final Set<PreparedRun> runs = new HashSet<>();

    /** Adds a run that is about to start. */
    synchronized void add(PreparedRun run) {
        runs.add(run);
    }

    /** Removes a run that has ended. It is not terminated afterwards and can be run again. */
    synchronized void remove(PreparedRun run) {
        runs.remove(run);
        run.clearTerminate();
    }

    /** Terminates all current runs. */
    synchronized void stop() {
        runs.forEach(PreparedRun::terminate);
    }
}
