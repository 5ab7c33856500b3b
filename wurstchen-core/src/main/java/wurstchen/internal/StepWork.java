package wurstchen.internal;

import java.util.List;
import java.util.Optional;
import wurstchen.image.Picture;
import wurstchen.stage.DenoisingRun;

/** What a pipeline does around the steps of a run. */
public interface StepWork {
    /** Nothing. */
    StepWork NONE = new StepWork() {};

    /** Called before a step. */
    default void before(DenoisingRun run) {}

    /** Called after a step, before anybody is told of it. */
    default void after(DenoisingRun run) {}

    /** Returns the previews that are due after a step. */
    default Optional<List<Picture>> previews() {
        return Optional.empty();
    }

    /** Does this, then the other; the previews are this one's. */
    default StepWork then(StepWork next) {
        StepWork first = this;
        return new StepWork() {
            @Override
            public void before(DenoisingRun run) {
                first.before(run);
                next.before(run);
            }

            @Override
            public void after(DenoisingRun run) {
                first.after(run);
                next.after(run);
            }

            @Override
            public Optional<List<Picture>> previews() {
                return first.previews();
            }
        };
    }
}
