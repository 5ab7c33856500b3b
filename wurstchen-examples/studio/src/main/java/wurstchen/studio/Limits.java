package wurstchen.studio;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What one studio takes on. Immutable.
 *
 * @param bodyBytes the largest body of a request, in bytes; a picture in JSON takes a third more than its file
 * @param inputPixels the most pixels of a picture that a request begins with
 * @param heldInputBytes the most bytes that the pictures of all unfinished jobs take in memory, uncompressed
 * @param promptCharacters the most characters of a prompt
 * @param pictures the most pictures of a job
 * @param side the longest side of a picture in px
 * @param jobs the most jobs that wait or are drawn
 * @param streams the most event streams that are open
 * @param freeDiskBytes space that is left free on the gallery's disk
 */
public record Limits(
        int bodyBytes,
        int inputPixels,
        long heldInputBytes,
        int promptCharacters,
        int pictures,
        int side,
        int jobs,
        int streams,
        long freeDiskBytes) {
    /** For one person, or a few. */
    public static final Limits USUAL = new Limits(24 << 20, 1 << 24, 256L << 20, 10_000, 64, 2048, 32, 64, 64L << 20);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is below 1, or the free space is negative
     */
    public Limits {
        checkArgument(
                bodyBytes >= 1 && inputPixels >= 1 && heldInputBytes >= 1 && promptCharacters >= 1 && pictures >= 1 && side >= 1 && jobs >= 1
                        && streams >= 1 && freeDiskBytes >= 0,
                "limits must be at least 1, and the free space at least 0");
    }

    /**
     * Returns limits with another number of jobs.
     *
     * @param most at least 1
     * @return these limits but for it
     */
    public Limits withJobs(int most) {
        return new Limits(bodyBytes, inputPixels, heldInputBytes, promptCharacters, pictures, side, most, streams, freeDiskBytes);
    }

    /**
     * Returns limits with another space that is left free.
     *
     * @param bytes at least 0
     * @return these limits but for it
     */
    public Limits withFreeDiskBytes(long bytes) {
        return new Limits(bodyBytes, inputPixels, heldInputBytes, promptCharacters, pictures, side, jobs, streams, bytes);
    }
}
