package wurstchen.onnx.internal.cascade;

/**
 * Resizes levels of 8 bits as Pillow's {@code Image.resize(size, BICUBIC)} does, to the bit: a cubic of a = -0.5 that is widened where the
 * picture becomes smaller, first along rows, then along columns, with coefficients of 22 bits and levels rounded in between.
 *
 * <p>Source: Pillow, src/libImaging/Resample.c, precompute_coeffs, normalize_coeffs_8bpc and ImagingResampleHorizontal_8bpc (11.3).
 */
final class PillowBicubic {
    private static final int PRECISION_BITS = 32 - 8 - 2;
    private static final double SUPPORT = 2;
    private static final double A = -0.5;

    private PillowBicubic() {}

    /**
     * Resizes one channel.
     *
     * @param levels row by row, 0 to 255
     * @return levels of the new size, row by row
     */
    static int[] resize(int[] levels, int width, int height, int newWidth, int newHeight) {
        int[] wide = newWidth == width ? levels : along(levels, width, height, newWidth);
        // Columns as rows: the arithmetic is the same.
        return newHeight == height
                ? wide
                : transposed(along(transposed(wide, newWidth, height), height, newWidth, newHeight), newHeight, newWidth);
    }

    private static int[] transposed(int[] levels, int width, int height) {
        int[] turned = new int[levels.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                turned[x * height + y] = levels[y * width + x];
            }
        }
        return turned;
    }

    private static int[] along(int[] levels, int width, int height, int newWidth) {
        int[] resized = new int[newWidth * height];
        double scale = (double) width / newWidth;
        for (int x = 0; x < newWidth; x++) {
            double widened = Math.max(scale, 1);
            double centre = (x + 0.5) * scale;
            int first = Math.max(0, (int) (centre - SUPPORT * widened + 0.5));
            int last = Math.min(width, (int) (centre + SUPPORT * widened + 0.5));
            int[] weights = weights(first, last - first, centre, 1 / widened);
            for (int y = 0; y < height; y++) {
                int sum = 1 << PRECISION_BITS - 1;
                for (int i = 0; i < weights.length; i++) {
                    sum += levels[y * width + first + i] * weights[i];
                }
                resized[y * newWidth + x] = Math.max(0, Math.min(255, sum >> PRECISION_BITS));
            }
        }
        return resized;
    }

    private static int[] weights(int first, int count, double centre, double narrowing) {
        double[] exact = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            exact[i] = cubic((i + first - centre + 0.5) * narrowing);
            sum += exact[i];
        }
        int[] weights = new int[count];
        for (int i = 0; i < count; i++) {
            double scaled = (sum == 0 ? exact[i] : exact[i] / sum) * (1 << PRECISION_BITS);
            weights[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        return weights;
    }

    private static double cubic(double signed) {
        double x = Math.abs(signed);
        if (x < 1) {
            return ((A + 2) * x - (A + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
}
