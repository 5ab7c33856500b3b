package wurstchen.progress;

/**
 * Hears how a request goes on, on the thread that makes the pictures: what it does there takes the request's time. What it throws ends the
 * request and reaches the caller of generate.
 *
 * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="progress"}
 *
 * <p>The text stage comes once a request; then Stage C with its steps, Stage B with its steps and Stage A come once for each batch of
 * pictures.
 */
@FunctionalInterface
public interface RequestListener {
    /**
     * Called after each denoising step of Stage C and Stage B.
     *
     * @param step the step that was just done; its latents are valid during the call only
     */
    void onStep(CompletedStep step);

    /**
     * Called after {@link #onStep} where the request asked for a preview. Does nothing unless overridden.
     *
     * @param preview small pictures of what the batch is going to look like
     */
    default void onPreview(StepPreview preview) {}

    /**
     * Called before a stage begins. Does nothing unless overridden.
     *
     * @param stage which one, for which pictures, and how far the request is
     */
    default void onStageStarted(StageProgress stage) {}

    /**
     * Called when a stage has ended: for Stage A, when its pictures are in the result or were taken by the consumer. Does nothing unless
     * overridden.
     *
     * @param stage which one, for which pictures, and how far the request is: 1 after the last stage
     */
    default void onStageFinished(StageProgress stage) {}
}
