package wurstchen;

/** Hears of every step of a run, on the thread that generates. */
@FunctionalInterface
public interface StepListener {
    /**
     * Called between two steps.
     *
     * @param step the step that was just done; its latents are valid during the call only
     */
    void onStep(CompletedStep step);
}
