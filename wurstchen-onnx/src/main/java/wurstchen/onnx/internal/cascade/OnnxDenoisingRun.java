package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import java.util.List;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

/**
 * A run of Stage C or Stage B. A step is one run of the step graph, which contains prediction, guidance and update, on tensors that stay on
 * the device: nothing is copied between steps. Coefficients and noise of several steps are uploaded ahead as tables; a step counter on the
 * device selects the row. The graph notes the first row whose latents were not finite, which is checked once per table. While a step is waited
 * for, the next one of the table may be queued already; it reads these latents, and the one after it is not queued yet, so they stay as they are.
 */
final class OnnxDenoisingRun implements DenoisingRun {
    /** Maximum length of a table. */
    static final int MAX_CHUNK_STEPS = 64;

    /** The largest noise table: 12 steps of 8 pictures of 1024 x 1024 px take 96 MiB. Longer ones are written in pieces, between steps. */
    private static final long MAX_CHUNK_BYTES = 128L << 20;

    /** Value of the first bad row if there is none. */
    private static final long NONE_BAD = -1;

    private final String stage;
    private final BufferPool<StepBuffers.Key, StepBuffers> pool;
    private final StepBuffers buffers;
    private final LatentShape shape;
    private final float[] coefficients;
    private final int steps;
    private final NoiseSource noise;
    private final int chunk;

    private int stepsDone;
    private boolean checked;
    private boolean replaced;
    private boolean failed;
    private boolean closed;
    private @Nullable OnnxLatents handle;

    /** Takes ownership of the buffers. */
    private OnnxDenoisingRun(
            String stage, BufferPool<StepBuffers.Key, StepBuffers> pool, StepBuffers buffers, StepTable table, NoiseSource noise) {
        this.stage = stage;
        this.pool = pool;
        this.buffers = buffers;
        this.shape = buffers.key().latents();
        this.coefficients = table.toArray();
        this.steps = table.steps();
        this.noise = noise;
        this.chunk = buffers.key().tableSteps();
    }

    /**
     * Draws the initial noise and that of the first steps, and computes the conditioning.
     *
     * @param stage the stage's name in messages
     * @param pool provides the buffers of the step graph
     * @param conditioning computes the step graph's other inputs before this returns
     */
    static OnnxDenoisingRun start(
            String stage,
            BufferPool<StepBuffers.Key, StepBuffers> pool,
            LatentShape shape,
            StepTable table,
            Guidance guidance,
            NoiseSource noise,
            Conditioning conditioning) {
        StepBuffers buffers = pool.take(new StepBuffers.Key(shape, chunk(table, shape), conditioning.shapes()));
        OnnxDenoisingRun run = new OnnxDenoisingRun(stage, pool, buffers, table, noise);
        try {
            float[] initial = new float[shape.values()];
            noise.fill(initial);
            buffers.setLatents(0, initial);
            buffers.setGuidanceScale(guidance.scale());
            run.fillTables();
            buffers.condition(conditioning.graph(), conditioning.inputs(buffers.latents(0)));
            return run;
        } catch (RuntimeException e) {
            Closing.afterFailure(e, List.of(buffers));
            throw e;
        }
    }

    /**
     * Returns the length of the tables: a power of two where memory allows, so that runs with other numbers of steps reuse buffers and
     * recorded steps of the same shape.
     */
    private static int chunk(StepTable table, LatentShape shape) {
        int steps = Math.min(table.steps(), MAX_CHUNK_STEPS);
        int powerOfTwo = Integer.highestOneBit(2 * steps - 1);
        long fitting = Math.max(1, MAX_CHUNK_BYTES / ((long) Float.BYTES * shape.values()));
        return (int) Math.min(powerOfTwo, fitting);
    }

    @Override
    public int steps() {
        return steps;
    }

    @Override
    public int stepsDone() {
        return stepsDone;
    }

    /** Returns which of the two sets of tensors the next step reads. */
    private int set() {
        return stepsDone % 2;
    }

    @Override
    public void advance() {
        checkUsable();
        checkState(stepsDone < steps, "all %s steps of this run of %s are done", steps, stage);
        invalidateHandle();
        try {
            if (stepsDone > 0 && stepsDone % chunk == 0) {
                checkFinite();
                fillTables();
            }
            step();
            stepsDone++;
        } catch (RuntimeException e) {
            failed = true;
            throw e;
        }
    }

    private void step() {
        boolean lastOfTable = (stepsDone + 1) % chunk == 0 || stepsDone + 1 == steps;
        try {
            if (lastOfTable || replaced) {
                buffers.step(set());
            } else {
                buffers.stepAhead(set());
            }
        } catch (WurstchenException e) {
            throw new WurstchenException(stage + ", step " + (stepsDone + 1) + " of " + steps + ": " + e.getMessage(), e);
        }
    }

    /** Checks the table that was just completed. */
    private void checkFinite() {
        long badRow = buffers.badStep(set());
        if (badRow == NONE_BAD) {
            return;
        }
        failed = true;
        throw notFinite(stage, (stepsDone - 1) / chunk * (long) chunk, badRow, chunk, steps);
    }

    /**
     * Says which step made latents that are not finite.
     *
     * @param before steps before the table's first
     * @param row of the table, as the graph says, which may say anything
     * @param rows of the table
     */
    static WurstchenException notFinite(String stage, long before, long row, int rows, int steps) {
        if (row < 0 || row >= rows) {
            return new WurstchenException(stage + ": the graph names row " + row + " of a table of " + rows
                    + " as the first with latents that are not finite; export the bundle again");
        }
        return new WurstchenException(stage + ", step " + (before + row + 1) + " of " + steps
                + ": the latents are no longer finite; use a lower guidance scale, or a bundle that computes in fp32");
    }

    /** Draws the noise of the next chunk of steps, one draw per step. */
    private void fillTables() {
        int rows = Math.min(chunk, steps - stepsDone);
        float[] draw = new float[shape.values()];
        for (int row = 0; row < rows; row++) {
            noise.fill(draw);
            buffers.setNoise(row, draw);
        }
        buffers.setSteps(set(), coefficients, stepsDone, rows);
    }

    @Override
    public Latents latents() {
        return handle();
    }

    @Override
    public void replaceLatents(float[] values) {
        checkUsable();
        checkArgument(values.length == shape.values(), "latents of shape %s need %s values, got %s", shape, shape.values(), values.length);
        invalidateHandle();
        // A step that was queued ahead has read the old latents. It wrote the other set only, so it can be repeated.
        buffers.settle();
        replaced = true;
        buffers.setLatents(set(), values);
    }

    private OnnxLatents handle() {
        checkUsable();
        if (stepsDone == steps && !checked) {
            checkFinite();
            checked = true;
        }
        if (handle == null) {
            handle = OnnxLatents.ofRun(buffers.engine(), shape, buffers.latents(set()));
        }
        return handle;
    }

    @Override
    public Latents finish() {
        try (this) {
            OnnxEngine engine = buffers.engine();
            return OnnxLatents.owning(engine, shape, engine.copyOf(handle().tensor()));
        }
    }

    private void invalidateHandle() {
        if (handle != null) {
            handle.invalidate();
            handle = null;
        }
    }

    private void checkUsable() {
        checkState(!closed, "this run of %s is closed", stage);
        checkState(!failed, "this run of %s failed after %s of %s steps: start a new one", stage, stepsDone, steps);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        invalidateHandle();
        if (failed) {
            // Discard tensors that a failure may have left in any state.
            buffers.close();
        } else {
            giveBack();
        }
    }

    private void giveBack() {
        try {
            buffers.settle();
        } catch (RuntimeException e) {
            Closing.afterFailure(e, List.of(buffers));
            throw e;
        }
        pool.giveBack(buffers);
    }
}
