package wurstchen.internal;

import com.google.common.math.IntMath;
import java.math.RoundingMode;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Neighbouring elements of an array.
 *
 * @param from index of the first
 * @param to index after the last
 */
public record Range(int from, int to) {
    /**
     * Cuts an array for the threads of the common pool to share. A terminal operation returns when all of them are done.
     *
     * @param length elements of the array, at least 0
     * @param most elements of a range, at least 1: so many that what is done with them is worth another thread
     * @return a parallel stream in the array's order; every range has {@code most} elements but the last, which may have fewer
     */
    public static Stream<Range> shared(int length, int most) {
        return IntStream.range(0, IntMath.divide(length, most, RoundingMode.CEILING))
                .parallel()
                .mapToObj(i -> starting(i * most, most, length));
    }

    /** Its end is not from + most where that is beyond the array, and perhaps beyond an int. */
    private static Range starting(int from, int most, int length) {
        return new Range(from, from + Math.min(most, length - from));
    }

    /** The number of elements. */
    public int count() {
        return to - from;
    }
}
