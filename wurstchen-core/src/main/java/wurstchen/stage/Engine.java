package wurstchen.stage;

import java.util.List;

/** What the stages of a pipeline stand on: the runtime that computes for them, as far as a pipeline has to know of it. Thread-safe. */
public interface Engine {
    /** An engine that computes where Java does: nothing is transferred, and a step cannot be stopped half-way. */
    Engine NONE = new Engine() {
        @Override
        public String description() {
            return "plain Java";
        }
    };

    /**
     * Returns the runtime and device, for people to read.
     *
     * @return one line, such as {@code ONNX Runtime 1.29.0, cpu (4 threads), inputs and outputs bound}
     */
    String description();

    /**
     * Returns what did not go as well as it could.
     *
     * @return one line each, immutable; empty if all is well
     */
    default List<String> notes() {
        return List.of();
    }

    /**
     * Returns what was copied so far between the host and the device for the stages of this engine.
     *
     * @return totals that never shrink
     */
    default Transfers transfers() {
        return Transfers.NONE;
    }

    /**
     * Makes computations in flight fail soon, from any thread; later ones work. What fails throws a {@link wurstchen.WurstchenException} or
     * an IllegalStateException.
     */
    default void stop() {}
}
