package wurstchen.progress;

/** The parts of a run, in order. */
public enum CascadeStage {
    /** Tokenizing and both text encoders. */
    TEXT("Text"),
    /** Stage C: denoising in the strongly compressed space. */
    STAGE_C("Stage C"),
    /** Stage B: denoising Stage A's latents. */
    STAGE_B("Stage B"),
    /** Stage A: latents to pixels. */
    STAGE_A("Stage A");

    private final String title;

    CascadeStage(String title) {
        this.title = title;
    }

    @Override
    public String toString() {
        return title;
    }
}
