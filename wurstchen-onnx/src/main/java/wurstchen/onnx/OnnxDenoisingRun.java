package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OnnxTensor;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import wurstchen.WurstchenException;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

/**
 * A run of Stage C or Stage B. One step is one run of the step graph, which holds prediction, guidance and update: it reads latents, step
 * counter and the first bad step from one set of tensors and writes the next into another, and the two sets swap places. Coefficients and
 * noise of several steps lie ahead in tables, in which the counter finds its row. The graph itself notes the first row whose latents were
 * not finite; that is looked at once a table.
 */
final class OnnxDenoisingRun implements DenoisingRun {
    /** The longest table. */
    static final int MAX_CHUNK_STEPS = 64;

    /** Noise tables larger than this gain nothing; 64 steps at 256 x 256 px are 4 MiB. */
    private static final long MAX_CHUNK_BYTES = 64L << 20;

    /** The first bad row of a table without one. */
    private static final long NONE_BAD = -1;

    private final String stage;
    private final BoundSession session;
    private final LatentShape shape;
    private final float[] coefficients;
    private final int steps;
    private final NoiseSource noise;
    private final float[] draw;
    private final int chunk;

    private final List<AutoCloseable> owned;
    private final List<HostTensor<FloatBuffer>> latents;
    private final List<HostTensor<LongBuffer>> counters;
    private final List<HostTensor<LongBuffer>> badSteps;
    private final HostTensor<FloatBuffer> stepTable;
    private final HostTensor<FloatBuffer> noiseTable;
    private final HostTensor<FloatBuffer> guidanceScale;
    private List<Map<String, OnnxTensor>> inputs;
    private List<Map<String, OnnxTensor>> outputs;

    private int stepsDone;
    private boolean failed;
    private boolean closed;
    private OnnxLatents handle;

    /** {@code owned} collects what is to be freed, also if this constructor fails. */
    private OnnxDenoisingRun(
            List<AutoCloseable> owned,
            String stage,
            BoundSession session,
            LatentShape shape,
            StepTable table,
            Guidance guidance,
            NoiseSource noise) {
        this.owned = owned;
        this.stage = stage;
        this.session = session;
        this.shape = shape;
        this.coefficients = table.toArray();
        this.steps = table.steps();
        this.noise = noise;
        this.draw = new float[shape.values()];
        long fitting = Math.max(1, MAX_CHUNK_BYTES / ((long) Float.BYTES * draw.length));
        this.chunk = (int) Math.min(Math.min(steps, MAX_CHUNK_STEPS), fitting);
        long[] latentShape = shape.toArray();
        this.latents = List.of(own(HostTensor.ofFloats(latentShape)), own(HostTensor.ofFloats(latentShape)));
        this.counters = List.of(own(HostTensor.ofLongs(1)), own(HostTensor.ofLongs(1)));
        this.badSteps = List.of(own(HostTensor.ofLongs(1)), own(HostTensor.ofLongs(1)));
        this.stepTable = own(HostTensor.ofFloats(chunk, StepTable.COLUMNS));
        this.noiseTable = own(HostTensor.ofFloats(chunk, shape.images(), shape.channels(), shape.height(), shape.width()));
        this.guidanceScale = own(HostTensor.ofFloats(new float[] {guidance.scale()}, 1));
    }

    /**
     * Draws the initial noise and computes the conditioning.
     *
     * @param stage the stage's name in messages
     * @param session the step graph
     * @param condition gives the step graph's other inputs, from the initial latents; the run frees them
     */
    static OnnxDenoisingRun start(
            String stage,
            BoundSession session,
            LatentShape shape,
            StepTable table,
            Guidance guidance,
            NoiseSource noise,
            Function<OnnxTensor, GraphOutputs> condition) {
        List<AutoCloseable> owned = new ArrayList<>();
        try {
            OnnxDenoisingRun run = new OnnxDenoisingRun(owned, stage, session, shape, table, guidance, noise);
            noise.fill(run.draw);
            run.latents.get(0).values().put(0, run.draw);
            run.bind(run.own(condition.apply(run.latents.get(0).tensor())));
            return run;
        } catch (RuntimeException e) {
            Closing.afterFailure(e, owned);
            throw e;
        }
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    /** Even steps read the first set of tensors and write the second, odd steps the other way round. */
    private void bind(GraphOutputs conditioning) {
        inputs = List.of(inputs(0, conditioning), inputs(1, conditioning));
        outputs = List.of(outputs(1), outputs(0));
    }

    private Map<String, OnnxTensor> inputs(int pair, GraphOutputs conditioning) {
        return ImmutableMap.<String, OnnxTensor>builder()
                .put("latents", latents.get(pair).tensor())
                .put("step", counters.get(pair).tensor())
                .put("bad_step", badSteps.get(pair).tensor())
                .put("step_table", stepTable.tensor())
                .put("noise_table", noiseTable.tensor())
                .put("guidance_scale", guidanceScale.tensor())
                .putAll(conditioning.tensors())
                .buildOrThrow();
    }

    private Map<String, OnnxTensor> outputs(int pair) {
        return ImmutableMap.of(
                "next_latents", latents.get(pair).tensor(),
                "next_step", counters.get(pair).tensor(),
                "next_bad_step", badSteps.get(pair).tensor());
    }

    @Override
    public int steps() {
        return steps;
    }

    @Override
    public int stepsDone() {
        return stepsDone;
    }

    @Override
    public void advance() {
        checkOpen();
        checkState(!failed, "this run of %s failed after %s of %s steps: start a new one", stage, stepsDone, steps);
        checkState(stepsDone < steps, "all %s steps of this run of %s are done", steps, stage);
        invalidateHandle();
        try {
            if (stepsDone % chunk == 0) {
                fillTables();
            }
            session.run(inputs.get(stepsDone % 2), outputs.get(stepsDone % 2));
            stepsDone++;
        } catch (WurstchenException e) {
            failed = true;
            throw new WurstchenException(stage + ", step " + (stepsDone + 1) + " of " + steps + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            failed = true;
            throw e;
        }
        if (stepsDone == steps || stepsDone % chunk == 0) {
            checkFinite();
        }
    }

    private void checkFinite() {
        long badRow = badSteps.get(stepsDone % 2).values().get(0);
        if (badRow == NONE_BAD) {
            return;
        }
        failed = true;
        long firstStepOfTable = (stepsDone - 1) / chunk * (long) chunk + 1;
        throw new WurstchenException(stage + ", step " + (firstStepOfTable + badRow) + " of " + steps
                + ": the latents are no longer finite; use a lower guidance scale, or a bundle that computes in fp32");
    }

    /**
     * Draws the noise of the next chunk of steps, one draw a step, sets the counter to the tables' first row, and says that no row was bad.
     */
    private void fillTables() {
        int rows = Math.min(chunk, steps - stepsDone);
        stepTable.values().put(0, coefficients, stepsDone * StepTable.COLUMNS, rows * StepTable.COLUMNS);
        for (int row = 0; row < rows; row++) {
            noise.fill(draw);
            noiseTable.values().put(row * draw.length, draw);
        }
        counters.get(stepsDone % 2).values().put(0, 0);
        badSteps.get(stepsDone % 2).values().put(0, NONE_BAD);
    }

    @Override
    public Latents latents() {
        checkOpen();
        if (handle == null) {
            handle = OnnxLatents.ofRun(shape, latents.get(stepsDone % 2));
        }
        return handle;
    }

    private void invalidateHandle() {
        if (handle != null) {
            handle.invalidate();
            handle = null;
        }
    }

    private void checkOpen() {
        checkState(!closed, "this run of %s is closed", stage);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        invalidateHandle();
        Closing.all(ImmutableList.copyOf(owned));
    }
}
