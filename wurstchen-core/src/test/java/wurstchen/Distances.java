package wurstchen;

/** How far apart values are. */
final class Distances {
    private Distances() {}

    /** Returns the Euclidean distance of two lists of the same length. */
    static double distance(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += (one[i] - other[i]) * (one[i] - other[i]);
        }
        return Math.sqrt(sum);
    }
}
