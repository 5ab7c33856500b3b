package wurstchen.sampling;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Classifier-free guidance: pushes a prediction for the prompt away from the one for the negative prompt.
 *
 * <p>Source: J. Ho and T. Salimans, "Classifier-Free Diffusion Guidance", 2022; what counts as off follows diffusers' Würstchen pipelines.
 *
 * @param scale w, any finite number; guidance is off at 1 and below (0, 1 and negative numbers all mean the same), 4 is usual
 */
public record Guidance(float scale) {
    /**
     * Checks the scale.
     *
     * @param scale w, any finite number
     * @throws IllegalArgumentException if {@code scale} is NaN or infinite
     */
    public Guidance {
        checkArgument(
                Float.isFinite(scale), "guidance scale must be a finite number, got %s; 4 is usual, and 1 or below turns guidance off", scale);
    }

    /**
     * Tells whether the negative prompt takes part at all; if not, a run needs half the work.
     *
     * @return true if the scale is above 1
     */
    public boolean active() {
        return scale > 1;
    }

    /**
     * Writes {@code text - (text - negative) * (1 - w)}: torch.lerp(negative, text, w) as PyTorch evaluates it for w of at least 0.5.
     * Without {@link #active() active} guidance, the text prediction as it is.
     *
     * @param text the prediction for the prompt
     * @param negative the prediction for the negative prompt; same length
     * @param out where to write; same length, may be one of the others
     * @throws IllegalArgumentException if the lengths differ
     */
    public void apply(float[] text, float[] negative, float[] out) {
        checkArgument(
                text.length == negative.length && text.length == out.length,
                "guidance needs arrays of one length, got text %s, negative %s, out %s",
                text.length,
                negative.length,
                out.length);
        if (!active()) {
            System.arraycopy(text, 0, out, 0, text.length);
            return;
        }
        float rest = 1.0f - scale;
        for (int i = 0; i < out.length; i++) {
            out[i] = text[i] - (text[i] - negative[i]) * rest;
        }
    }
}
