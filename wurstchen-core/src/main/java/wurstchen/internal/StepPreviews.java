package wurstchen.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import wurstchen.image.Picture;
import wurstchen.progress.Previews;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;

/**
 * Finds out what clean latents a step predicted, without the stage's help: from the latents before and after it and the noise that it drew.
 * For one run and one thread.
 */
public final class StepPreviews implements StepWork {
    /** Makes none. */
    public static final StepPreviews NONE = new StepPreviews(OptionalInt.empty(), null, clean -> List.of());

    private final OptionalInt everySteps;
    private final @Nullable StepTable table;
    private final Function<float[], List<Picture>> show;
    /** What was drawn and is not used up: a run draws the noise of many steps ahead. */
    private final Deque<float[]> drawn = new ArrayDeque<>();

    private boolean begun;
    private float @Nullable [] before;
    private float @Nullable [] predicted;

    /** Makes those that were asked for; {@code show} turns clean latents into pictures. */
    public static StepPreviews of(Previews asked, StepTable table, Function<float[], List<Picture>> show) {
        return new StepPreviews(OptionalInt.of(asked.everySteps()), table, show);
    }

    private StepPreviews(OptionalInt everySteps, @Nullable StepTable table, Function<float[], List<Picture>> show) {
        this.everySteps = everySteps;
        this.table = table;
        this.show = show;
    }

    /** Returns the same noise, which is remembered until its step is done. */
    public NoiseSource listeningTo(NoiseSource noise) {
        return table == null ? noise : destination -> {
            noise.fill(destination);
            if (begun) {
                drawn.add(destination.clone());
            }
            // The first draw is the initial noise.
            begun = true;
        };
    }

    private boolean isDue(int step, DenoisingRun run) {
        return everySteps.isPresent() && (step % everySteps.getAsInt() == 0 || step == run.steps());
    }

    @Override
    public void before(DenoisingRun run) {
        before = isDue(run.stepsDone() + 1, run) ? run.latents().toHost() : null;
        predicted = null;
    }

    @Override
    public void after(DenoisingRun run) {
        if (table == null) {
            return;
        }
        float[] noise = drawn.remove();
        if (before != null) {
            predicted = table.step(run.stepsDone() - 1).cleanLatents(before, run.latents().toHost(), noise);
        }
    }

    @Override
    public Optional<List<Picture>> previews() {
        return Optional.ofNullable(predicted).map(show);
    }
}
