package wurstchen.onnx.internal.cascade;

import java.util.List;
import java.util.function.Function;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.Latents;

/** A run of a stage that was opened for this run and is closed with it. */
final class OnDemandRun implements DenoisingRun {
    private final DenoisingRun run;
    private final AutoCloseable stage;

    private OnDemandRun(DenoisingRun run, AutoCloseable stage) {
        this.run = run;
        this.stage = stage;
    }

    /** Opens a stage and starts a run of it. */
    static <S extends AutoCloseable> OnDemandRun start(OpenOnDemand<S> stages, Function<S, DenoisingRun> start) {
        S stage = stages.open();
        AutoCloseable closing = () -> stages.close(stage);
        try {
            return new OnDemandRun(start.apply(stage), closing);
        } catch (RuntimeException e) {
            Closing.afterFailure(e, List.of(closing));
            throw e;
        }
    }

    @Override
    public int steps() {
        return run.steps();
    }

    @Override
    public int stepsDone() {
        return run.stepsDone();
    }

    @Override
    public void advance() {
        run.advance();
    }

    @Override
    public Latents latents() {
        return run.latents();
    }

    @Override
    public void replaceLatents(float[] values) {
        run.replaceLatents(values);
    }

    @Override
    public Latents finish() {
        try (this) {
            return run.finish();
        }
    }

    @Override
    public void close() {
        Closing.all(List.of(stage, run));
    }
}
