package wurstchen.stage;

/** One run of a diffusion stage, from noise to latents, a step at a time. For one thread; must be closed. */
public interface DenoisingRun extends AutoCloseable {
    /**
     * Returns how many steps the run has.
     *
     * @return the length of the step table
     */
    int steps();

    /**
     * Returns how many steps are done.
     *
     * @return 0 to {@link #steps()}
     */
    int stepsDone();

    /**
     * Does the next step.
     *
     * @throws IllegalStateException if every step is done or the run is closed
     * @throws wurstchen.WurstchenException if the step fails; the run can then only be closed
     */
    void advance();

    /**
     * Returns the latents after the steps done so far (before the first: the initial noise).
     *
     * @return a handle owned by the run, valid until the next {@link #advance}, {@link #finish} or {@link #close}
     * @throws IllegalStateException if the run is closed
     * @throws wurstchen.WurstchenException if every step is done and the engine noticed that a step went wrong
     */
    Latents latents();

    /**
     * Replaces the latents after the steps done so far, for instance to keep a part of a picture. Handles that {@link #latents} returned
     * before are no longer valid.
     *
     * @param values as many as {@code latents().shape().values()}, copied
     * @throws IllegalStateException if the run is closed
     * @throws UnsupportedOperationException if this stage cannot do that
     * @throws wurstchen.WurstchenException if the engine fails
     */
    default void replaceLatents(float[] values) {
        throw new UnsupportedOperationException("this stage cannot replace latents between steps, which masks need");
    }

    /**
     * Ends the run: closes it, and keeps nothing of it but the latents after the steps done so far.
     *
     * @return the latents, owned by the caller
     * @throws IllegalStateException if the run is closed
     * @throws wurstchen.WurstchenException as {@link #latents} does; the run is closed all the same
     */
    default Latents finish() {
        try (this) {
            Latents latents = latents();
            return Latents.onHost(latents.shape(), latents.toHost());
        }
    }

    /** Frees the run's memory; a second call does nothing. */
    @Override
    void close();
}
