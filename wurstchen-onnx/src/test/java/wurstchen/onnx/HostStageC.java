package wurstchen.onnx;

import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.StageC;

/** A Stage C of a program's own, in plain Java: it predicts half of the latents as noise. */
final class HostStageC implements StageC {
    private boolean closed;

    boolean closed() {
        return closed;
    }

    @Override
    public DenoisingRun start(HiddenStates text, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
        float[] latents = new float[shape.values()];
        noise.fill(latents);
        return new DenoisingRun() {
            private int done;

            @Override
            public int steps() {
                return steps.steps();
            }

            @Override
            public int stepsDone() {
                return done;
            }

            @Override
            public void advance() {
                float[] predicted = latents.clone();
                for (int i = 0; i < predicted.length; i++) {
                    predicted[i] /= 2;
                }
                float[] fresh = new float[latents.length];
                noise.fill(fresh);
                steps.step(done++).advance(latents, predicted, fresh, latents);
            }

            @Override
            public Latents latents() {
                return Latents.onHost(shape, latents);
            }

            @Override
            public void close() {
                // Nothing but Java arrays is held.
            }
        };
    }

    @Override
    public void close() {
        closed = true;
    }
}
