package wurstchen.onnx.internal.cascade;

import wurstchen.onnx.Manifest;
import wurstchen.stage.Pixels;

/**
 * What an image encoder is given of a picture, to the bit what transformers' CLIPImageProcessor gives: the shorter side resized, the square in
 * the middle, each colour less its mean and divided by its deviation.
 *
 * <p>Source: transformers 4.57, image_processing_clip.py (resize by Pillow's bicubic on 8 bits, centre crop, rescale in float64, normalize in
 * float32).
 *
 * @param spec the model's numbers
 */
record ImagePreprocessing(Manifest.ImagePrompts spec) {
    static final int COLOURS = 3;
    private static final int MAX_LEVEL = 255;

    /** Returns the side of the square in px. */
    int side() {
        return spec.crop();
    }

    /** Returns [pictures, 3, side, side]. */
    float[] apply(Pixels pixels) {
        int plane = pixels.height() * pixels.width();
        int square = side() * side();
        float[] all = pixels.values();
        float[] values = new float[pixels.pictures() * COLOURS * square];
        for (int i = 0; i < pixels.pictures() * COLOURS; i++) {
            int[] levels = new int[plane];
            for (int k = 0; k < plane; k++) {
                levels[k] = Math.round(all[i * plane + k] * MAX_LEVEL);
            }
            normalize(cropped(levels, pixels.width(), pixels.height()), i % COLOURS, values, i * square);
        }
        return values;
    }

    private int[] cropped(int[] levels, int width, int height) {
        int shorter = Math.min(width, height);
        int longer = (int) ((long) spec.resize() * Math.max(width, height) / shorter);
        int newWidth = width <= height ? spec.resize() : longer;
        int newHeight = width <= height ? longer : spec.resize();
        int[] resized = PillowBicubic.resize(levels, width, height, newWidth, newHeight);
        int top = (newHeight - side()) / 2;
        int left = (newWidth - side()) / 2;
        int[] square = new int[side() * side()];
        for (int y = 0; y < side(); y++) {
            System.arraycopy(resized, (top + y) * newWidth + left, square, y * side(), side());
        }
        return square;
    }

    private void normalize(int[] levels, int colour, float[] values, int from) {
        float mean = spec.mean().get(colour);
        float deviation = spec.std().get(colour);
        for (int i = 0; i < levels.length; i++) {
            values[from + i] = ((float) (levels[i] * (1.0 / MAX_LEVEL)) - mean) / deviation;
        }
    }
}
