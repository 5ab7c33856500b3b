package wurstchen.internal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.math.LongMath;
import java.util.Arrays;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;

/**
 * Estimates, before anything is computed, what a request takes of memory: its noise, latents, pixels and the pictures that it keeps. What the
 * graphs of a model take for themselves is not known here.
 *
 * @param most bytes that a request may take
 */
public record RequestMemory(long most) {
    /** The limit unless a program sets another: more than 8 pictures of 4096 x 4096 px at a time. */
    public static final long DEFAULT_MOST = 8L << 30;

    /** Source: the largest array that HotSpot allocates. */
    private static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8L;

    /** Copies of the latents of a stage: two sets that steps alternate between, a row of the noise table, the initial and the next draw. */
    private static final long COPIES_OF_LATENTS = 5;

    /** Copies of pixels as float32: the engine's and Java's. */
    private static final long COPIES_OF_PIXELS = 2;

    private static final long COLOURS = 3;

    /**
     * Checks a request.
     *
     * @param geometry of the model, to which the size is known to fit
     * @param kept pictures in memory at the end, at least a batch
     * @throws IllegalArgumentException if an array would be too long, or the memory is more than the limit
     */
    public void check(LatentGeometry geometry, int width, int height, int batch, int kept) {
        long stageC = values(geometry.stageC(batch, height, width));
        long stageB = values(geometry.stageB(batch, height, width));
        long pixels = product(COLOURS, batch, width, height);
        long longest = Math.max(pixels, Math.max(stageC, stageB));
        checkArgument(
                longest <= LONGEST_ARRAY,
                "%s of %s x %s px at a time need an array of %s values, and there can be %s at most; set a smaller batch size, or a smaller size",
                pictures(batch), width, height, longest, LONGEST_ARRAY);
        long floats = LongMath.saturatedAdd(
                product(COPIES_OF_LATENTS, LongMath.saturatedAdd(stageC, stageB)), product(COPIES_OF_PIXELS, pixels));
        long bytes = LongMath.saturatedAdd(product(Float.BYTES, floats), product(COLOURS, kept, width, height));
        checkArgument(
                bytes <= most,
                "%s of %s x %s px, %s at a time, need %s MB for noise, latents and pixels, and a request may have %s MB; set a smaller batch size"
                        + " or size, let a consumer take the pictures, or allow more with maxMemory",
                pictures(kept), width, height, batch, megabytes(bytes), megabytes(most));
    }

    private static long values(LatentShape shape) {
        return product(shape.toArray());
    }

    private static long product(long... factors) {
        return Arrays.stream(factors).reduce(1, LongMath::saturatedMultiply);
    }

    private static String pictures(int count) {
        return count == 1 ? "1 picture" : count + " pictures";
    }

    /** Rounded up. */
    private static long megabytes(long bytes) {
        return (bytes - 1) / 1_000_000 + 1;
    }
}
