package wurstchen.examples;

import java.util.stream.IntStream;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.progress.CompletedStep;

/** A listener that sees noise become a picture: the spread of the latents after every step. */
public final class WatchSteps {
    private WatchSteps() {}

    /**
     * Prints a line for each step.
     *
     * @param args not read
     */
    public static void main(String... args) {
        try (ModelBundle model = EmbeddedModel.open();
                Wurstchen wurstchen = OnnxWurstchen.builder().model(model).open()) {
            wurstchen.generate(PictureRequest.builder("a green tree").seed(3).listener(WatchSteps::print).build());
        }
    }

    private static void print(CompletedStep step) {
        float[] latents = step.latents().toHost();
        double spread = Math.sqrt(IntStream.range(0, latents.length).mapToDouble(i -> latents[i] * latents[i]).average().orElse(0));
        System.out.printf("%s, step %d of %d: latents %s spread %.3f%n",
                step.stage(), step.step(), step.steps(), step.latents().shape(), spread);
    }
}
