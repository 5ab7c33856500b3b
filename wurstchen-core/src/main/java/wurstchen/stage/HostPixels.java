package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Optional;
import wurstchen.internal.Range;

/**
 * Pixels in a Java array of planes, which is not copied.
 *
 * @param plane values of a plane
 * @param values pictures * 3 planes
 */
@SuppressWarnings("ArrayRecordComponent")
record HostPixels(int plane, float[] values) implements Pixels.Source {
    private static final int CHANNELS = 3;

    /** Pixels that one thread turns at a time, in about 0.1 ms; smaller pictures are not worth another thread. */
    private static final int PIXELS_A_TASK = 1 << 15;

    /** Values that one thread looks at at a time, in about 0.1 ms; fewer are not worth another thread. */
    private static final int VALUES_A_TASK = 1 << 18;

    static HostPixels of(int pictures, int height, int width, float[] values) {
        checkArgument(
                values.length == Math.multiplyExact(pictures, Math.multiplyExact(CHANNELS, Math.multiplyExact(height, width))),
                "pixels of shape [%s, 3, %s, %s] need %s values, got %s",
                pictures,
                height,
                width,
                3L * pictures * height * width,
                values.length);
        return new HostPixels(height * width, values);
    }

    @Override
    public byte[] levels(int picture) {
        byte[] levels = new byte[CHANNELS * plane];
        Range.shared(plane, PIXELS_A_TASK)
                .forEach(range -> toLevels(picture * CHANNELS * plane + range.from(), levels, range.from(), range.count()));
        return levels;
    }

    /**
     * Turns pixels of three planes in the order in which they are written: writing one plane after another takes longer.
     *
     * @param red where the first red value is
     * @param first index of the first pixel of {@code levels}
     */
    private void toLevels(int red, byte[] levels, int first, int count) {
        int green = red + plane;
        int blue = green + plane;
        for (int i = 0; i < count; i++) {
            int to = CHANNELS * (first + i);
            levels[to] = toLevel(values[red + i]);
            levels[to + 1] = toLevel(values[green + i]);
            levels[to + 2] = toLevel(values[blue + i]);
        }
    }

    private static byte toLevel(float value) {
        return (byte) (int) Math.rint(Math.min(Math.max(value, 0.0f), 1.0f) * 255.0f);
    }

    @Override
    public Optional<Float> notFinite() {
        return Range.shared(values.length, VALUES_A_TASK)
                .map(this::firstNotFinite)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Optional<Float> firstNotFinite(Range range) {
        for (int i = range.from(); i < range.to(); i++) {
            if (!Float.isFinite(values[i])) {
                return Optional.of(values[i]);
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        // Nothing but a Java array is held.
    }
}
