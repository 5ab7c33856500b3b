package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;

import wurstchen.onnx.TensorSpec;
import wurstchen.sampling.Guidance;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentShape;

/** Checks the inputs of a run before a graph gets them, so that the message can say what is wrong. */
final class RunShapes {
    private RunShapes() {}

    /** Checks hidden states; {@code expected} is the condition graph's input [rows, tokens, width]. */
    static void checkText(String stage, TensorSpec expected, HiddenStates text, LatentShape shape, Guidance guidance) {
        int rows = shape.pictures() * (guidance.active() ? 2 : 1);
        checkArgument(
                text.rows() == rows,
                "%s needs hidden states of %s rows for %s pictures with guidance scale %s, got %s",
                stage,
                rows,
                shape.pictures(),
                guidance.scale(),
                text.rows());
        checkArgument(
                text.tokens() == expected.length(1) && text.width() == expected.length(2),
                "%s needs hidden states of %s tokens and width %s, got %s and %s; each stage has its own text encoder",
                stage,
                expected.length(1),
                expected.length(2),
                text.tokens(),
                text.width());
    }

    /** Checks latents; {@code expected} is a graph's input [pictures, channels, height, width]. */
    static void checkChannels(String stage, String what, TensorSpec expected, LatentShape shape) {
        checkArgument(
                shape.channels() == expected.length(1),
                "%s needs %s of %s channels, got shape %s",
                stage,
                what,
                expected.length(1),
                shape);
    }
}
