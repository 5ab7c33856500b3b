package wurstchen;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import wurstchen.image.Picture;
import wurstchen.internal.Range;
import wurstchen.sampling.NoiseSource;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;

/** Pictures of a request that are made together: one noise stream runs through Stage C and on through Stage B. */
final class PictureBatch {
    /** Values that one thread looks at at a time, in about 0.1 ms; fewer are not worth another thread. */
    private static final int VALUES_A_TASK = 1 << 18;

    private static final int ALL_FINITE = -1;

    private final PictureRequest request;
    private final PictureSettings settings;
    private final int first;
    private final int pictures;
    private final long[] seeds;
    private final NoiseSource noise;

    /**
     * Cuts a batch out of a request.
     *
     * @param settings of the request's first picture
     * @param first index of the batch's first picture in the request
     * @param pictures pictures in the batch
     */
    PictureBatch(PictureRequest request, PictureSettings settings, int first, int pictures) {
        this.request = request;
        this.settings = settings;
        this.first = first;
        this.pictures = pictures;
        seeds = LongStream.range(0, pictures).map(i -> settings.seed() + first + i).toArray();
        noise = NoiseSource.seeded(seeds);
    }

    int pictures() {
        return pictures;
    }

    PictureSettings settings() {
        return settings;
    }

    NoiseSource noise() {
        return noise;
    }

    /**
     * Does every step of a run and tells the listener.
     *
     * @return the latents, owned by the caller
     */
    Latents denoise(CascadeStage stage, DenoisingRun run, RunProgress progress) {
        progress.start(stage, StagePhase.STEPS);
        while (run.stepsDone() < run.steps()) {
            run.advance();
            progress.step(run.stepsDone(), run.steps());
            if (run.stepsDone() == run.steps()) {
                progress.start(stage, StagePhase.AFTER_STEPS);
            }
            request.listener()
                    .ifPresent(listener -> listener.onStep(
                            new CompletedStep(stage, first, pictures, run.stepsDone(), run.steps(), run.latents())));
            progress.checkNotCancelled();
        }
        return run.finish();
    }

    /** The latents of Stage B were finite; what Stage A makes of them is looked at here. */
    List<GeneratedPicture> pictures(Pixels pixels) {
        firstNotFinite(pixels.values()).ifPresent(index -> {
            throw new WurstchenException(
                    "Stage A: a pixel is " + pixels.values()[index] + "; use a bundle that computes in fp32");
        });
        List<GeneratedPicture> made = new ArrayList<>();
        for (Picture picture : Picture.fromPixels(pixels)) {
            made.add(new GeneratedPicture(picture, settings.withSeed(seeds[made.size()])));
        }
        return made;
    }

    private static OptionalInt firstNotFinite(float[] values) {
        return Range.shared(values.length, VALUES_A_TASK)
                .mapToInt(range -> firstNotFinite(values, range))
                .filter(index -> index != ALL_FINITE)
                .findFirst();
    }

    private static int firstNotFinite(float[] values, Range range) {
        for (int i = range.from(); i < range.to(); i++) {
            if (!Float.isFinite(values[i])) {
                return i;
            }
        }
        return ALL_FINITE;
    }
}
