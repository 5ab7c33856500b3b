package wurstchen.sampling;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;

/**
 * The noise ratios that a denoising run visits, from noisy to clean: {@link #steps()} + 1 values in [0, 1], strictly decreasing.
 *
 * <p>A step goes from one value to the next. diffusers calls the list {@code timesteps} and its length less one
 * {@code num_inference_steps}. Immutable.
 */
public final class Timesteps {
    private final float[] ratios;

    private Timesteps(float[] ratios) {
        this.ratios = ratios;
    }

    /** Source: the original repository's schedule, whose offset does not depend on the model. */
    private static final double SHIFT_OFFSET = 0.008;

    /** Source: the original repository's clamp of the share of the picture's variance. */
    private static final double LEAST_SHARE = 1e-4;

    /**
     * Returns evenly spaced values whose noise is shifted: the logarithm of signal to noise is lower by 2 ln(shift), so that larger pictures, whose
     * pixels say less each, get steps at higher noise. The values no longer reach from 1 to 0: the last one of 20 steps with a shift of 2 is 0.007.
     *
     * <p>Source: Stability-AI/StableCascade at 7a7d341, gdf/schedulers.py and gdf/targets.py (CosineSchedule, shift), which uses 2 for Stage C at
     * 1024 px and 1 for Stage B; diffusers has no such list.
     *
     * @param steps the number of steps, at least 1
     * @param shift above 0; 1 moves nothing but the ends
     * @return the list
     * @throws IllegalArgumentException if {@code steps} is out of range, or the shift is not a positive finite number
     */
    public static Timesteps shifted(int steps, double shift) {
        checkArgument(shift > 0 && shift < Double.POSITIVE_INFINITY, "a shift must be a finite number above 0, got %s; 1 shifts nothing", shift);
        float[] ratios = uniform(steps).ratios;
        for (int i = 0; i < ratios.length; i++) {
            float shifted = (float) Math.min(1, Math.max(0, shifted((double) ratios[i], shift)));
            // Clamped neighbours are equal: their step is as small as a step can be.
            ratios[i] = i > 0 && shifted >= ratios[i - 1] ? Math.nextDown(ratios[i - 1]) : shifted;
        }
        return checked(ratios);
    }

    private static double shifted(double ratio, double shift) {
        double atZero = squaredCosine(0);
        double share = clamp(squaredCosine(ratio) / atZero);
        double signalToNoise = share / (1 - share) / (shift * shift);
        double moved = clamp(signalToNoise / (1 + signalToNoise));
        return Math.acos(Math.sqrt(moved * atZero)) * 2 / Math.PI * (1 + SHIFT_OFFSET) - SHIFT_OFFSET;
    }

    private static double squaredCosine(double ratio) {
        double cosine = Math.cos((ratio + SHIFT_OFFSET) / (1 + SHIFT_OFFSET) * Math.PI / 2);
        return cosine * cosine;
    }

    private static double clamp(double share) {
        return Math.max(LEAST_SHARE, Math.min(1 - LEAST_SHARE, share));
    }

    /**
     * Returns evenly spaced values from 1 to 0, bit for bit {@code torch.linspace(1, 0, steps + 1)}.
     *
     * @param steps the number of steps, at least 1
     * @return the list
     * @throws IllegalArgumentException if {@code steps} is below 1, or so large that float32 cannot tell neighbours apart (millions)
     */
    public static Timesteps uniform(int steps) {
        checkArgument(steps >= 1, "steps must be at least 1, got %s; 60 is usual for Stage C and 12 for Stage B", steps);
        checkArgument(steps < 1 << 24, "steps must be below 16777216 (float32 has no more distinct ratios), got %s", steps);
        float[] ratios = new float[steps + 1];
        float stride = -1.0f / steps;
        // PyTorch fills each half from its own end, so that both ends are exact, and rounds product and sum once (a fused multiply-add;
        // in double precision the product is exact, which comes to the same).
        int half = ratios.length / 2;
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = (float) (i < half ? 1.0 + (double) stride * i : -(double) stride * (steps - i));
        }
        return checked(ratios);
    }

    /**
     * Returns the reference's list for Stage C of 29 steps: 19 from 1 to 2/3, where composition is decided, then 10 from 2/3 to 0.
     *
     * <p>Source: {@code DEFAULT_STAGE_C_TIMESTEPS} of diffusers' {@code pipeline_wuerstchen_prior.py}.
     *
     * @return the list, 30 values
     */
    public static Timesteps stageCDefault() {
        double bend = 2.0 / 3.0;
        float[] ratios = new float[30];
        for (int i = 0; i < 19; i++) {
            ratios[i] = (float) (i * ((bend - 1.0) / 19) + 1.0);
        }
        for (int i = 0; i < 10; i++) {
            ratios[19 + i] = (float) (i * (-bend / 10) + bend);
        }
        return checked(ratios);
    }

    /**
     * Returns a list of your own. One that ends above 0 leaves that much noise in the latents.
     *
     * @param ratios at least two finite values in [0, 1], strictly decreasing
     * @return the list; it keeps a copy
     * @throws IllegalArgumentException if the values are anything else
     */
    public static Timesteps of(float... ratios) {
        return checked(ratios.clone());
    }

    private static Timesteps checked(float[] ratios) {
        checkArgument(
                ratios.length >= 2,
                "timesteps must hold at least 2 values (a step goes from one to the next), got %s; for one step give 1, 0",
                ratios.length);
        for (int i = 0; i < ratios.length; i++) {
            checkArgument(
                    ratios[i] >= 0 && ratios[i] <= 1,
                    "timesteps[%s] must be a number in [0, 1], got %s; 1 is pure noise and 0 is a clean picture",
                    (Integer) i,
                    (Float) ratios[i]);
        }
        for (int i = 1; i < ratios.length; i++) {
            checkArgument(
                    ratios[i] < ratios[i - 1],
                    "timesteps must be strictly decreasing, got timesteps[%s] = %s after %s; sort them from 1 to 0 and drop repeats",
                    (Integer) i,
                    (Float) ratios[i],
                    (Float) ratios[i - 1]);
        }
        return new Timesteps(ratios);
    }

    /**
     * Returns the number of steps.
     *
     * @return one less than the number of values
     */
    public int steps() {
        return ratios.length - 1;
    }

    /**
     * Returns one value.
     *
     * @param index 0 (the noisiest) to {@link #steps()}
     * @return the noise ratio there
     */
    public float ratio(int index) {
        return ratios[index];
    }

    /**
     * Returns all values.
     *
     * @return a copy, {@link #steps()} + 1 values
     */
    public float[] toArray() {
        return ratios.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Timesteps that && Arrays.equals(ratios, that.ratios);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ratios);
    }

    @Override
    public String toString() {
        return "Timesteps" + Arrays.toString(ratios);
    }
}
