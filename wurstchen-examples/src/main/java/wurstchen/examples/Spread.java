package wurstchen.examples;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Several measurements of the same thing.
 *
 * @param millis in the order in which they were made, at least one
 */
record Spread(ImmutableList<Double> millis) {
    Spread(List<Double> millis) {
        this(ImmutableList.copyOf(millis));
    }

    /** The middle one, or the mean of the two in the middle. */
    double median() {
        List<Double> sorted = millis.stream().sorted().toList();
        int upper = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(upper) : (sorted.get(upper - 1) + sorted.get(upper)) / 2;
    }

    double min() {
        return millis.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    double max() {
        return millis.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }
}
