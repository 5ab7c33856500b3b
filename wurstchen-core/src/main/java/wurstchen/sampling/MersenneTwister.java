package wurstchen.sampling;

/**
 * The 32-bit Mersenne Twister MT19937, in blocks of 624 words.
 *
 * <p>Source of every constant: M. Matsumoto and T. Nishimura, "Mersenne Twister: A 623-dimensionally equidistributed uniform pseudorandom
 * number generator", ACM TOMACS 8(1), 1998, with the authors' initialisation of 2002. Not thread-safe.
 */
final class MersenneTwister {
    private static final int WORDS = 624;
    private static final int SHIFT = 397;
    private static final int TWIST_MATRIX = 0x9908b0df;
    private static final int UPPER_BIT = 0x80000000;
    private static final int LOWER_BITS = 0x7fffffff;
    private static final int SEED_MULTIPLIER = 1812433253;

    private final int[] state = new int[WORDS];
    private int next = WORDS;

    MersenneTwister(int seed) {
        state[0] = seed;
        for (int i = 1; i < WORDS; i++) {
            int previous = state[i - 1];
            state[i] = SEED_MULTIPLIER * (previous ^ (previous >>> 30)) + i;
        }
    }

    /** Returns the next word, uniform over all 32 bits. */
    int nextWord() {
        if (next == WORDS) {
            twist();
        }
        return temper(state[next++]);
    }

    /**
     * Writes {@code length} uniform numbers in [0, 1): the low 24 bits of a word each, which a float holds exactly.
     *
     * <p>Same words as {@code length} calls of {@link #nextWord}, without the test for the end of the block at every word.
     */
    void fillUniform(float[] out, int offset, int length) {
        int written = 0;
        while (written < length) {
            if (next == WORDS) {
                twist();
            }
            int count = Math.min(WORDS - next, length - written);
            for (int i = 0; i < count; i++) {
                out[offset + written + i] = (temper(state[next + i]) & 0xffffff) * 0x1p-24f;
            }
            next += count;
            written += count;
        }
    }

    private void twist() {
        // Three loops, so that no index needs a remainder: each word mixes with its successor and the word 397 further on.
        for (int i = 0; i < WORDS - SHIFT; i++) {
            state[i] = state[i + SHIFT] ^ mix(state[i], state[i + 1]);
        }
        for (int i = WORDS - SHIFT; i < WORDS - 1; i++) {
            state[i] = state[i + SHIFT - WORDS] ^ mix(state[i], state[i + 1]);
        }
        state[WORDS - 1] = state[SHIFT - 1] ^ mix(state[WORDS - 1], state[0]);
        next = 0;
    }

    private static int mix(int word, int successor) {
        int joined = (word & UPPER_BIT) | (successor & LOWER_BITS);
        return (joined >>> 1) ^ (-(joined & 1) & TWIST_MATRIX);
    }

    private static int temper(int word) {
        int y = word;
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }
}
