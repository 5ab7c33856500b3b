package wurstchen.examples.benchmark;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Several measurements of the same thing.
 *
 * @param millis in the order in which they were made, at least one
 */
public record Spread(ImmutableList<Double> millis) {
    public Spread(List<Double> millis) {
        this(ImmutableList.copyOf(millis));
    }

    /** The middle one, or the mean of the two in the middle. */
    public double median() {
        List<Double> sorted = millis.stream().sorted().toList();
        int upper = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(upper) : (sorted.get(upper - 1) + sorted.get(upper)) / 2;
    }

    public double min() {
        return millis.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    public double max() {
        return millis.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }
}
