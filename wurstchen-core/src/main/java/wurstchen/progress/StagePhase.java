package wurstchen.progress;

/** The parts of a stage's run. */
public enum StagePhase {
    /** Before the first step: text, noise and tables go to the device, and what does not change with the steps is computed. */
    BEFORE_STEPS,
    /** The first step to the last one, with what a listener does after each but the last. */
    STEPS,
    /** After the last step: what was made is checked and handed on. A stage without steps has this phase only. */
    AFTER_STEPS
}
