package wurstchen.internal;

import java.util.stream.IntStream;
import wurstchen.stage.Pixels;

/**
 * Changes the size of pictures as PyTorch's {@code interpolate(mode="bilinear", antialias=True)} does, which is what models are trained
 * with: each axis on its own, the columns first, with a triangle as wide as the scale, in float32.
 *
 * <p>Source: aten/src/ATen/native/cpu/UpSampleKernel.cpp, {@code HelperInterpBase::_compute_indices_min_size_weights_aa}.
 */
public final class BilinearResize {
    private static final int CHANNELS = 3;

    private BilinearResize() {}

    /** Returns pixels [pictures, 3, height, width]; the same object if that is their size. */
    public static Pixels resize(Pixels pixels, int height, int width) {
        if (pixels.height() == height && pixels.width() == width) {
            return pixels;
        }
        int planes = pixels.pictures() * CHANNELS;
        float[] columns = columns(pixels.values(), planes * pixels.height(), new Axis(pixels.width(), width));
        float[] rows = rows(columns, planes, width, new Axis(pixels.height(), height));
        return new Pixels(pixels.pictures(), height, width, rows);
    }

    private static float[] columns(float[] values, int lines, Axis axis) {
        float[] resized = new float[lines * axis.to];
        IntStream.range(0, lines).parallel().forEach(line -> {
            for (int i = 0; i < axis.to; i++) {
                int first = line * axis.from + axis.first[i];
                float sum = 0;
                for (int j = 0; j < axis.weights[i].length; j++) {
                    sum += values[first + j] * axis.weights[i][j];
                }
                resized[line * axis.to + i] = sum;
            }
        });
        return resized;
    }

    private static float[] rows(float[] values, int planes, int width, Axis axis) {
        float[] resized = new float[planes * axis.to * width];
        IntStream.range(0, planes * axis.to).parallel().forEach(line -> {
            int i = line % axis.to;
            int first = line / axis.to * axis.from + axis.first[i];
            for (int j = 0; j < axis.weights[i].length; j++) {
                float weight = axis.weights[i][j];
                for (int x = 0; x < width; x++) {
                    resized[line * width + x] += values[(first + j) * width + x] * weight;
                }
            }
        });
        return resized;
    }

    /** Which neighbouring values make each value of the new axis, and with which weights. */
    private static final class Axis {
        private final int from;
        private final int to;
        private final int[] first;
        private final float[][] weights;

        Axis(int from, int to) {
            this.from = from;
            this.to = to;
            first = new int[to];
            weights = new float[to][];
            float scale = (float) from / to;
            float support = Math.max(scale, 1.0f);
            for (int i = 0; i < to; i++) {
                float center = scale * (i + 0.5f);
                first[i] = Math.max((int) (center - support + 0.5f), 0);
                weights[i] = weights(center - first[i], Math.min((int) (center + support + 0.5f), from) - first[i], support);
            }
        }

        private static float[] weights(float center, int length, float support) {
            float[] weights = new float[length];
            float total = 0;
            for (int j = 0; j < length; j++) {
                weights[j] = Math.max(1 - Math.abs((j - center + 0.5f) / support), 0);
                total += weights[j];
            }
            for (int j = 0; j < length; j++) {
                weights[j] /= total;
            }
            return weights;
        }
    }
}
