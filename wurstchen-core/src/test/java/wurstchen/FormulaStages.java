package wurstchen;

import static com.google.common.base.Preconditions.checkState;

import java.util.ArrayList;
import java.util.List;
import wurstchen.sampling.CosineSchedule;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;
import wurstchen.text.TokenIds;

/**
 * A cascade whose networks are small formulas: a token's hidden state is its id, and the predicted noise is {@code latents * 0.5 + mean of
 * the row's hidden states / 10}, for Stage B with the first Stage C latent of the picture added. The sampling around them is the real one. It writes down what it was asked, in order.
 */
final class FormulaStages implements TextEncoder, StageC, StageB, StageA {
    final List<String> calls = new ArrayList<>();
    /** Stage C fails at this step; 0: never. */
    int failAtStep;
    /** One pixel of each batch is not a number. */
    boolean spoilPixels;

    /** A pipeline of these. */
    Wurstchen.Builder pipeline(PictureDefaults defaults) {
        CosineSchedule schedule = new CosineSchedule(0.008f, 1.0f);
        return Wurstchen.builder()
                .geometry(new LatentGeometry(42.67, 10.67, 16, 4, 16, 4))
                .defaults(defaults)
                .schedules(schedule, schedule)
                .tokenizers(LetterTokenizer.create(6), LetterTokenizer.create(5))
                .textEncoders(this, this)
                .stages(this, this, this);
    }

    @Override
    public HiddenStates encode(List<TokenIds> rows) {
        calls.add("encode " + rows.size());
        return new FormulaHiddenStates(rows);
    }

    @Override
    public DenoisingRun start(HiddenStates text, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
        calls.add("start C " + shape);
        return new FormulaRun(text, new float[shape.pictures()], shape, steps, guidance, noise, failAtStep);
    }

    @Override
    public DenoisingRun start(
            HiddenStates text, Latents stageCLatents, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
        calls.add("start B " + shape + " from " + stageCLatents.shape());
        float[] given = stageCLatents.toHost();
        float[] offsets = new float[shape.pictures()];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = given[i * (given.length / offsets.length)];
        }
        return new FormulaRun(text, offsets, shape, steps, guidance, noise, 0);
    }

    @Override
    public Pixels decode(Latents stageBLatents) {
        calls.add("decode " + stageBLatents.shape());
        LatentShape shape = stageBLatents.shape();
        float[] latents = stageBLatents.toHost();
        int side = 4;
        float[] pixels = new float[shape.pictures() * 3 * shape.height() * side * shape.width() * side];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = 0.5f + 0.5f * (float) Math.sin(latents[(int) ((long) i * latents.length / pixels.length)]);
        }
        if (spoilPixels) {
            pixels[pixels.length - 1] = Float.NaN;
        }
        return new Pixels(shape.pictures(), shape.height() * side, shape.width() * side, pixels);
    }

    @Override
    public Latents encode(Pixels pixels) {
        throw new UnsupportedOperationException("no encoder");
    }

    @Override
    public void close() {
        calls.add("close");
    }

    private record FormulaHiddenStates(List<TokenIds> ids) implements HiddenStates {
        @Override
        public int rows() {
            return ids.size();
        }

        @Override
        public int tokens() {
            return ids.get(0).ids().length();
        }

        @Override
        public int width() {
            return 1;
        }

        @Override
        public float[] toHost() {
            float[] values = new float[rows() * tokens()];
            for (int i = 0; i < values.length; i++) {
                values[i] = ids.get(i / tokens()).ids().get(i % tokens());
            }
            return values;
        }

        @Override
        public void close() {
            // Nothing but Java arrays is held.
        }
    }

    private static final class FormulaRun implements DenoisingRun {
        private final float[] text;
        private final int rows;
        private final float[] offsets;
        private final LatentShape shape;
        private final StepTable table;
        private final Guidance guidance;
        private final NoiseSource noise;
        private final int failAtStep;
        private float[] latents;
        private int done;

        FormulaRun(
                HiddenStates text,
                float[] offsets,
                LatentShape shape,
                StepTable table,
                Guidance guidance,
                NoiseSource noise,
                int failAtStep) {
            this.text = text.toHost();
            this.rows = text.rows();
            this.offsets = offsets;
            this.shape = shape;
            this.table = table;
            this.guidance = guidance;
            this.noise = noise;
            this.failAtStep = failAtStep;
            checkState(rows == shape.pictures() * (guidance.active() ? 2 : 1), "%s rows for %s pictures", rows, shape.pictures());
            latents = new float[shape.values()];
            noise.fill(latents);
        }

        @Override
        public int steps() {
            return table.steps();
        }

        @Override
        public int stepsDone() {
            return done;
        }

        @Override
        public void advance() {
            if (done + 1 == failAtStep) {
                throw new WurstchenException("Stage C failed at step " + failAtStep);
            }
            float[] fresh = new float[latents.length];
            noise.fill(fresh);
            float[] predicted = predict(0);
            if (guidance.active()) {
                guidance.apply(predicted, predict(shape.pictures()), predicted);
            }
            float[] next = new float[latents.length];
            table.step(done++).advance(latents, predicted, fresh, next);
            latents = next;
        }

        private float[] predict(int firstRow) {
            float[] predicted = new float[latents.length];
            int perPicture = latents.length / shape.pictures();
            int perRow = text.length / rows;
            for (int i = 0; i < predicted.length; i++) {
                int row = firstRow + i / perPicture;
                float sum = 0;
                for (int j = 0; j < perRow; j++) {
                    sum += text[row * perRow + j];
                }
                predicted[i] = latents[i] * 0.5f + sum / perRow / 10 + offsets[i / perPicture];
            }
            return predicted;
        }

        @Override
        public Latents latents() {
            return Latents.onHost(shape, latents);
        }

        @Override
        public void close() {
            // Nothing but Java arrays is held.
        }
    }
}
