package wurstchen.studio.job;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;
import wurstchen.progress.CascadeStage;

/**
 * How long the parts of a job take. Learns from each part that is done what it takes for a pixel; jobs share what they learnt. Thread-safe.
 */
final class TimeLeft {
    /** Of what was learnt before, beside the newest. */
    private static final double KEPT = 0.8;

    private final Map<CascadeStage, Double> secondsPerPixel = new EnumMap<>(CascadeStage.class);

    /**
     * Says what a part took.
     *
     * @param pixels of all pictures that it was done for
     */
    synchronized void took(CascadeStage stage, double seconds, long pixels) {
        secondsPerPixel.merge(stage, seconds / pixels, (old, now) -> KEPT * old + (1 - KEPT) * now);
    }

    /**
     * Estimates what is left.
     *
     * @param parts how many of each stage are to do, each for one picture
     * @param pixels of a picture
     * @return seconds; empty if one of the stages was never done
     */
    synchronized OptionalDouble of(Map<CascadeStage, Integer> parts, long pixels) {
        double seconds = 0;
        for (Map.Entry<CascadeStage, Integer> part : parts.entrySet()) {
            if (part.getValue() > 0) {
                Double each = secondsPerPixel.get(part.getKey());
                if (each == null) {
                    return OptionalDouble.empty();
                }
                seconds += part.getValue() * each * pixels;
            }
        }
        return OptionalDouble.of(seconds);
    }
}
