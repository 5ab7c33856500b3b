package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;

import wurstchen.onnx.TensorSpec;
import wurstchen.sampling.Guidance;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.LatentShape;

/** Checks the inputs of a run before a graph gets them, so that the message can say what is wrong. */
final class RunShapes {
    private RunShapes() {}

    /** Checks hidden states and pooled embeddings, as far as the condition graph takes them. */
    static void checkText(String stage, BoundSession condition, HiddenStates text, LatentShape shape, Guidance guidance) {
        int rows = shape.pictures() * (guidance.active() ? 2 : 1);
        checkArgument(
                text.rows() == rows,
                "%s needs hidden states of %s rows for %s pictures with guidance scale %s, got %s",
                stage,
                rows,
                shape.pictures(),
                guidance.scale(),
                text.rows());
        if (ConditionInputs.has(condition, ConditionInputs.STATES)) {
            checkStates(stage, condition.input(ConditionInputs.STATES), text);
        }
        if (ConditionInputs.has(condition, ConditionInputs.POOLED)) {
            long expected = condition.input(ConditionInputs.POOLED).length(1);
            checkArgument(
                    text.pooledWidth() == expected,
                    "%s needs pooled embeddings of %s values, got %s; encode the text with this model's encoder",
                    stage,
                    expected,
                    text.pooledWidth());
        }
    }

    /** {@code expected}: [rows, tokens, width]. */
    private static void checkStates(String stage, TensorSpec expected, HiddenStates text) {
        checkArgument(
                text.tokens() == expected.length(1) && text.width() == expected.length(2),
                "%s needs hidden states of %s tokens and width %s, got %s and %s; each stage has its own text encoder",
                stage,
                expected.length(1),
                expected.length(2),
                text.tokens(),
                text.width());
    }

    /** Checks the embeddings of image prompts. */
    static void checkImages(String stage, BoundSession condition, ImageEmbeddings images) {
        if (images.count() == 0) {
            return;
        }
        checkArgument(
                ConditionInputs.has(condition, ConditionInputs.IMAGES),
                "%s takes no image prompts, got %s; leave them out, or open a model of the family stable-cascade",
                stage,
                images);
        long expected = condition.input(ConditionInputs.IMAGES).length(2);
        checkArgument(
                images.width() == expected, "%s needs image embeddings of %s values, got %s", stage, expected, images.width());
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
