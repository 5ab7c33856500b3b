package wurstchen.internal;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import wurstchen.sampling.CosineSchedule;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.StageCLatents;

/**
 * Where Stage C begins: with noise, with a picture that is noised to a strength, or with latents that have steps to go. Whatever it begins
 * with, it takes the draws of the noise source that a run from pure noise takes, in their places, so that the steps that it does have the
 * same noise, and Stage B too. Immutable.
 */
public final class StageCStart {
    private final CosineSchedule schedule;
    private final Timesteps all;
    private final Optional<Timesteps> visited;
    private final float @Nullable [] known;
    private final float @Nullable [] given;

    private StageCStart(
            CosineSchedule schedule,
            Timesteps all,
            Optional<Timesteps> visited,
            float @Nullable [] known,
            float @Nullable [] given) {
        this.schedule = schedule;
        this.all = all;
        this.visited = visited;
        this.known = known;
        this.given = given;
    }

    /** Begins with pure noise; {@code known} are the clean latents of a picture's known part, for masks. */
    public static StageCStart fromNoise(CosineSchedule schedule, Timesteps all, float @Nullable [] known) {
        return new StageCStart(schedule, all, Optional.of(all), known, null);
    }

    /** Begins with a picture's clean latents, noised to a strength below 1: the noise ratio of the first step. */
    public static StageCStart fromPicture(CosineSchedule schedule, Timesteps all, float strength, float[] clean) {
        return new StageCStart(schedule, all, visited(all, strength), clean, null);
    }

    /**
     * Begins with latents that a run gave.
     *
     * @throws IllegalArgumentException if they have more steps left than the list has
     */
    public static StageCStart fromLatents(
            CosineSchedule schedule, Timesteps all, StageCLatents latents, float @Nullable [] known) {
        checkStepsLeft(all, latents);
        float[] ratios = all.toArray();
        Optional<Timesteps> last = latents.stepsLeft() == 0
                ? Optional.empty()
                : Optional.of(Timesteps.of(Arrays.copyOfRange(ratios, all.steps() - latents.stepsLeft(), ratios.length)));
        return new StageCStart(schedule, all, last, known, latents.toArray());
    }

    /** Checks that a list has the steps that latents have left. */
    public static void checkStepsLeft(Timesteps all, StageCLatents latents) {
        checkArgument(
                latents.stepsLeft() <= all.steps(),
                "the latents to start from have %s steps of Stage C left, the request has %s; use the settings that they were made with",
                latents.stepsLeft(),
                all.steps());
    }

    /** Returns the ratios that are visited from a strength on; empty if there is nothing to denoise. */
    public static Optional<Timesteps> visited(Timesteps all, float strength) {
        float[] below = all.toArray();
        int first = 0;
        while (first < below.length && below[first] >= strength) {
            first++;
        }
        if (first == below.length) {
            return Optional.empty();
        }
        float[] ratios = new float[below.length - first + 1];
        ratios[0] = strength;
        System.arraycopy(below, first, ratios, 1, below.length - first);
        return Optional.of(Timesteps.of(ratios));
    }

    /** Returns the noise ratios to visit; empty if Stage C has nothing to do. */
    public Optional<Timesteps> visited() {
        return visited;
    }

    /**
     * Draws the first latents of a batch, and as much as a run from pure noise would have drawn before its step at their noise ratio.
     *
     * @param noise where a run from pure noise would draw from
     * @param values of the batch
     */
    public StageCBeginning begin(NoiseSource noise, int values) {
        float[] pure = new float[values];
        noise.fill(pure);
        int toDo = visited.map(Timesteps::steps).orElse(0);
        float[] skipped = new float[values];
        for (int i = toDo; i < all.steps(); i++) {
            noise.fill(skipped);
        }
        return new StageCBeginning(first(pure), pure, noise, this);
    }

    private float[] first(float[] pure) {
        if (given != null) {
            return repeated(given, pure.length);
        }
        boolean fromNoise = visited.isPresent() && visited.get().equals(all);
        return known == null || fromNoise ? pure : knownAt(visited.map(ratios -> ratios.ratio(0)).orElse(0.0f), pure);
    }

    /** Returns the known latents of every picture of a batch at a noise ratio: clean at 0. */
    float[] knownAt(float ratio, float[] noise) {
        float[] clean = repeated(requireNonNull(known), noise.length);
        if (ratio == 0) {
            return clean;
        }
        float alphaCumprod = schedule.alphaCumprod(ratio);
        float ofPicture = (float) Math.sqrt(alphaCumprod);
        float ofNoise = (float) Math.sqrt(1.0f - alphaCumprod);
        for (int i = 0; i < clean.length; i++) {
            clean[i] = ofPicture * clean[i] + ofNoise * noise[i];
        }
        return clean;
    }

    private static float[] repeated(float[] one, int values) {
        float[] all = new float[values];
        for (int i = 0; i < values; i += one.length) {
            System.arraycopy(one, 0, all, i, one.length);
        }
        return all;
    }
}
