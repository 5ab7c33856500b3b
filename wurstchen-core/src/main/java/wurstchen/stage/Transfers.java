package wurstchen.stage;

/**
 * What was copied between the host and the device that computes. Where they share memory, as with a CPU, the same values are counted as they
 * are written to and read from the device's tensors, so that the numbers of a CPU are those of a GPU.
 *
 * @param bytesToDevice from the host to the device
 * @param bytesToHost from the device to the host
 */
public record Transfers(long bytesToDevice, long bytesToHost) {
    /** Nothing was copied. */
    public static final Transfers NONE = new Transfers(0, 0);

    /**
     * Adds.
     *
     * @param other what else was copied
     * @return the sum
     */
    public Transfers plus(Transfers other) {
        return new Transfers(bytesToDevice + other.bytesToDevice, bytesToHost + other.bytesToHost);
    }

    /**
     * Subtracts.
     *
     * @param earlier an earlier total
     * @return what was copied since
     */
    public Transfers since(Transfers earlier) {
        return new Transfers(bytesToDevice - earlier.bytesToDevice, bytesToHost - earlier.bytesToHost);
    }
}
