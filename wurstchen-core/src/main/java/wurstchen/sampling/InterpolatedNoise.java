package wurstchen.sampling;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Noise between that of two sources, on the sphere on which normal noise of many values lies: the straight line between two draws would
 * pass through noise that is too weak.
 *
 * <p>Source: K. Shoemake, "Animating rotation with quaternion curves", 1985 (slerp), for each picture of a batch on its own.
 */
final class InterpolatedNoise implements NoiseSource {
    /** Directions nearer than this are the same: their difference vanishes in the sine. */
    private static final double SMALLEST_ANGLE = 1e-6;

    private final NoiseSource first;
    private final NoiseSource last;
    private final float share;
    private final int pictures;

    InterpolatedNoise(NoiseSource first, NoiseSource last, float share, int pictures) {
        checkArgument(share >= 0 && share <= 1, "the share of the last noise must be 0 to 1, got %s", share);
        checkArgument(pictures >= 1, "noise needs at least one picture, got %s", pictures);
        this.first = first;
        this.last = last;
        this.share = share;
        this.pictures = pictures;
    }

    @Override
    public void fill(float[] destination) {
        float[] other = new float[destination.length];
        first.fill(destination);
        last.fill(other);
        int slice = destination.length / pictures;
        for (int i = 0; i < pictures; i++) {
            mix(destination, other, i * slice, slice);
        }
    }

    private void mix(float[] values, float[] other, int from, int count) {
        double product = 0;
        double length = 0;
        double otherLength = 0;
        for (int i = from; i < from + count; i++) {
            product += (double) values[i] * other[i];
            length += (double) values[i] * values[i];
            otherLength += (double) other[i] * other[i];
        }
        double angle = Math.acos(Math.max(-1, Math.min(1, product / Math.sqrt(length * otherLength))));
        if (!(angle > SMALLEST_ANGLE && Math.PI - angle > SMALLEST_ANGLE)) {
            straight(values, other, from, count);
            return;
        }
        double ofFirst = Math.sin((1 - share) * angle) / Math.sin(angle);
        double ofLast = Math.sin(share * angle) / Math.sin(angle);
        for (int i = from; i < from + count; i++) {
            values[i] = (float) (ofFirst * values[i] + ofLast * other[i]);
        }
    }

    /** Equal noise stays as it is, bit for bit. */
    private void straight(float[] values, float[] other, int from, int count) {
        for (int i = from; i < from + count; i++) {
            values[i] += share * (other[i] - values[i]);
        }
    }
}
