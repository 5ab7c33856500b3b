package wurstchen.examples;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import wurstchen.CascadeParts;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.text.TokenIds;

/** What {@link Wurstchen#generate(String)} does, each stage called by hand, with the shape of everything that passes from one to the next. */
public final class StageByStage {
    private static final int SIDE = 256;

    private StageByStage() {}

    /**
     * Makes one picture and prints every shape.
     *
     * @param args the file to write; star.png if left out
     */
    public static void main(String... args) {
        try (ModelBundle model = EmbeddedModel.open();
                Wurstchen wurstchen = OnnxWurstchen.builder().model(model).open()) {
            CascadeParts parts = wurstchen.parts();
            NoiseSource noise = NoiseSource.seeded(42);
            Guidance four = new Guidance(4);
            Guidance off = new Guidance(0);
            TokenIds prompt = parts.tokenizerC().encode("a yellow star");
            TokenIds nothing = parts.tokenizerC().encode("");
            System.out.println("token ids [1, " + prompt.length() + "]");

            try (HiddenStates textC = parts.textEncoderC().encode(List.of(prompt, nothing));
                    HiddenStates textB = parts.textEncoderB().encode(List.of(parts.tokenizerB().encode("a yellow star")));
                    DenoisingRun runC = parts.stageC().start(textC, wurstchen.geometry().stageC(1, SIDE, SIDE),
                            StepTable.of(parts.scheduleC(), Timesteps.uniform(60)), four, noise)) {
                Latents stageCLatents = finish("Stage C", textC, runC);
                try (DenoisingRun runB = parts.stageB().start(textB, stageCLatents, wurstchen.geometry().stageB(1, SIDE, SIDE),
                                StepTable.of(parts.scheduleB(), Timesteps.uniform(12)), off, noise);
                        Pixels pixels = parts.stageA().decode(finish("Stage B", textB, runB))) {
                    System.out.println("pixels [" + pixels.pictures() + ", 3, " + pixels.height() + ", " + pixels.width() + "]");
                    new Png(Picture.fromPixels(pixels).get(0), Map.of()).write(Path.of(args.length > 0 ? args[0] : "star.png"));
                }
            }
        }
    }

    private static Latents finish(String stage, HiddenStates text, DenoisingRun run) {
        System.out.println(stage + " hidden states [" + text.rows() + ", " + text.tokens() + ", " + text.width() + "]");
        while (run.stepsDone() < run.steps()) {
            run.advance();
        }
        System.out.println(stage + " latents " + run.latents().shape());
        return run.latents();
    }
}
