package wurstchen.sampling;

import java.util.Objects;
import wurstchen.internal.Range;

/**
 * The standard normal numbers that PyTorch draws on the CPU, to 1e-6.
 *
 * <p>{@code new TorchRandom(seed)} is {@code torch.Generator("cpu").manual_seed(seed)}, and each call of {@link #normal} is one
 * {@code torch.randn(length, generator=g, dtype=torch.float32)}. As in PyTorch, only the low 32 bits of the seed act, and how the stream
 * is cut into draws changes it:
 *
 * <ul>
 *   <li>fewer than {@value #BLOCK} numbers: Box-Muller in double precision, two numbers at a time; an odd one is kept for the next small
 *       draw, also across large draws in between;
 *   <li>{@value #BLOCK} or more: Box-Muller in float32 on blocks of {@value #BLOCK} (8 radii with 8 angles); if the last block is not
 *       full, the last {@value #BLOCK} numbers are drawn anew.
 * </ul>
 *
 * <p>Large draws are computed by the threads of the common pool. Not thread-safe.
 */
public final class TorchRandom {
    private static final int BLOCK = 16;
    private static final int HALF_BLOCK = BLOCK / 2;

    /** Numbers that one thread turns from uniform to normal at a time, in about 0.5 ms; fewer are not worth another thread. */
    private static final int NUMBERS_A_TASK = 1 << 14;

    private static final float TWO_PI = (float) (2.0 * Math.PI);

    private final MersenneTwister words;
    private double kept;
    private boolean hasKept;

    /**
     * Creates the generator.
     *
     * @param seed any value; only its low 32 bits act, so -1 and 0xffffffffL give the same numbers
     */
    public TorchRandom(long seed) {
        this.words = new MersenneTwister((int) seed);
    }

    /**
     * Makes one draw of {@code length} standard normal numbers.
     *
     * @param out where to write
     * @param offset the index of the first number
     * @param length how many numbers; 0 draws nothing
     * @throws IndexOutOfBoundsException if the range does not lie in {@code out}; nothing is drawn then
     */
    public void normal(float[] out, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, out.length);
        if (length < BLOCK) {
            for (int i = 0; i < length; i++) {
                out[offset + i] = (float) nextDouble();
            }
        } else {
            fillBlocks(out, offset, length);
        }
    }

    private double nextDouble() {
        if (hasKept) {
            hasKept = false;
            return kept;
        }
        double angle = 2.0 * Math.PI * uniformDouble();
        double radius = Math.sqrt(-2.0 * Math.log1p(-uniformDouble()));
        kept = radius * Math.sin(angle);
        hasKept = true;
        return radius * Math.cos(angle);
    }

    /** 53 of 64 bits; the first word is the upper half. */
    private double uniformDouble() {
        long high = words.nextWord();
        long low = words.nextWord() & 0xffffffffL;
        return ((high << 32 | low) & ((1L << 53) - 1)) * 0x1p-53;
    }

    private void fillBlocks(float[] out, int offset, int length) {
        words.fillUniform(out, offset, length);
        int whole = length - length % BLOCK;
        boxMullers(out, offset, whole);
        if (whole != length) {
            int tail = offset + length - BLOCK;
            words.fillUniform(out, tail, BLOCK);
            boxMuller(out, tail);
        }
    }

    /** Every block by itself, so that many threads can share large draws: they are most of what a large picture's noise costs. */
    private static void boxMullers(float[] values, int offset, int length) {
        Range.shared(length, NUMBERS_A_TASK).forEach(range -> {
            for (int i = range.from(); i < range.to(); i += BLOCK) {
                boxMuller(values, offset + i);
            }
        });
    }

    /**
     * Turns 16 uniform numbers into 16 normal ones, in place: the first 8 give radii, the last 8 angles.
     *
     * <p>Logarithm, cosine and sine are taken in double precision, but of arguments rounded to float32 where PyTorch rounds them: an angle
     * that kept its double precision would move the result by more than 1e-6.
     */
    private static void boxMuller(float[] values, int start) {
        for (int i = start; i < start + HALF_BLOCK; i++) {
            float radius = (float) Math.sqrt(-2.0f * (float) Math.log(1.0f - values[i]));
            float angle = TWO_PI * values[i + HALF_BLOCK];
            values[i] = radius * (float) Math.cos(angle);
            values[i + HALF_BLOCK] = radius * (float) Math.sin(angle);
        }
    }
}
