package wurstchen.internal;

import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;

/** The first latents of a batch in Stage C, and what goes on from them. For one thread. */
public final class StageCBeginning {
    private final float[] first;
    private final float[] pureNoise;
    private final NoiseSource noise;
    private final StageCStart start;

    StageCBeginning(float[] first, float[] pureNoise, NoiseSource noise, StageCStart start) {
        this.first = first;
        this.pureNoise = pureNoise;
        this.noise = noise;
        this.start = start;
    }

    /** Returns the first latents of the batch: the last ones too, if there is nothing to do. */
    public float[] first() {
        return first.clone();
    }

    /** Returns what a run draws from: the first latents in the place of its initial noise, then the noise of its steps. */
    public NoiseSource noise() {
        boolean[] begun = new boolean[1];
        return destination -> {
            if (begun[0]) {
                noise.fill(destination);
            } else {
                begun[0] = true;
                System.arraycopy(first, 0, destination, 0, first.length);
            }
        };
    }

    /**
     * Returns what puts the known part of a picture into the latents after each step, noised as far as they are.
     *
     * @param repainted the cells of one picture's grid that are not known, row by row
     */
    public StepWork keepingKnown(boolean[] repainted) {
        return new StepWork() {
            @Override
            public void after(DenoisingRun run) {
                keepKnown(run, repainted);
            }
        };
    }

    private void keepKnown(DenoisingRun run, boolean[] repainted) {
        Timesteps visited = start.visited().orElseThrow();
        float[] latents = run.latents().toHost();
        float[] known = start.knownAt(visited.ratio(run.stepsDone()), pureNoise);
        for (int i = 0; i < latents.length; i++) {
            if (!repainted[i % repainted.length]) {
                latents[i] = known[i];
            }
        }
        run.replaceLatents(latents);
    }
}
