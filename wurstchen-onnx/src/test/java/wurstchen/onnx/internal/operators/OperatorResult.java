package wurstchen.onnx.internal.operators;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import java.nio.FloatBuffer;

/**
 * An output of a node.
 *
 * @param shape its axes
 * @param values in float32
 */
public record OperatorResult(long[] shape, float[] values) {
    /**
     * Of the largest value: rounding to float16 is a 2000th of each, and a function that GELU approximates differs from it by as much. Sums of a
     * kernel are in float32.
     */
    private static final float TOLERANCE = 2e-3f;

    /** Copies a float32 tensor. */
    static OperatorResult of(OnnxTensor tensor) {
        FloatBuffer buffer = tensor.getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return new OperatorResult(tensor.getInfo().getShape(), values);
    }

    public void assertNear(OperatorResult expected) {
        assertNear(expected, 1);
    }

    /** As {@link #assertNear(OperatorResult)}, with some times the tolerance. */
    public void assertNear(OperatorResult expected, float times) {
        assertThat(shape).isEqualTo(expected.shape);
        float largest = 0;
        float difference = 0;
        for (int i = 0; i < values.length; i++) {
            assertThat(values[i]).as("value %s", i).isFinite();
            largest = Math.max(largest, Math.abs(expected.values[i]));
            difference = Math.max(difference, Math.abs(values[i] - expected.values[i]));
        }
        assertThat(difference).as("difference beside a largest value of %s", largest).isLessThanOrEqualTo(times * TOLERANCE * Math.max(1, largest));
    }
}
