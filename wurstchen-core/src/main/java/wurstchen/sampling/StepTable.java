package wurstchen.sampling;

import com.google.common.collect.ImmutableList;

/**
 * Every step of a denoising run, computed ahead, so that a device can hold the numbers before the first step. Immutable.
 */
public final class StepTable {
    /** Values in a row of {@link #toArray}. */
    public static final int COLUMNS = 5;

    private final ImmutableList<DenoisingStep> rows;

    private StepTable(ImmutableList<DenoisingStep> rows) {
        this.rows = rows;
    }

    /**
     * Computes the table.
     *
     * @param schedule the model's schedule
     * @param timesteps the noise ratios to visit
     * @return a table of {@code timesteps.steps()} rows
     */
    public static StepTable of(CosineSchedule schedule, Timesteps timesteps) {
        ImmutableList.Builder<DenoisingStep> rows = ImmutableList.builder();
        for (int i = 0; i < timesteps.steps(); i++) {
            rows.add(DenoisingStep.between(schedule, timesteps.ratio(i), timesteps.ratio(i + 1)));
        }
        return new StepTable(rows.build());
    }

    /**
     * Returns the number of steps, T.
     *
     * @return at least 1
     */
    public int steps() {
        return rows.size();
    }

    /**
     * Returns one step.
     *
     * @param index 0 (the first, noisiest) to {@link #steps()} - 1
     * @return its coefficients and its update
     * @throws IndexOutOfBoundsException if there is no such step
     */
    public DenoisingStep step(int index) {
        return rows.get(index);
    }

    /**
     * Returns the table as a graph takes it, [T, {@value #COLUMNS}] row by row: noise_ratio, one_minus_alpha,
     * sqrt_one_minus_alpha_cumprod, sqrt_inverse_alpha, noise_std.
     *
     * @return a new array of T * {@value #COLUMNS} values
     */
    public float[] toArray() {
        float[] table = new float[steps() * COLUMNS];
        int i = 0;
        for (DenoisingStep row : rows) {
            table[i++] = row.noiseRatio();
            table[i++] = row.oneMinusAlpha();
            table[i++] = row.sqrtOneMinusAlphaCumprod();
            table[i++] = row.sqrtInverseAlpha();
            table[i++] = row.noiseStd();
        }
        return table;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StepTable that && rows.equals(that.rows);
    }

    @Override
    public int hashCode() {
        return rows.hashCode();
    }

    @Override
    public String toString() {
        return "StepTable" + rows;
    }
}
