package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How a picture's size in px becomes the sides of the latents.
 *
 * <p>Source: diffusers, WuerstchenPriorPipeline (Stage C side = ceil(px / resolution_multiple)) and WuerstchenDecoderPipeline (Stage B side
 * = int(latent_dim_scale * Stage C side)). The reference rounds other sizes up silently or fails inside Stage B; here only sizes that come
 * out exact are valid.
 *
 * @param resolutionMultiple px a Stage C column stands for, 42.67 in the published models
 * @param latentDimScale Stage B columns a Stage C column stands for, 10.67
 * @param stageCChannels channels of Stage C latents, 16
 * @param stageBChannels channels of Stage B latents, 4
 * @param stageBMultiple what Stage B's sides must divide by, because it halves them level by level
 * @param stageAFactor px a Stage B column stands for, 4
 * @param stageBMinimum the shortest side of Stage B latents, 16 in Stable Cascade; 1 for no bound
 */
public record LatentGeometry(
        double resolutionMultiple,
        double latentDimScale,
        int stageCChannels,
        int stageBChannels,
        int stageBMultiple,
        int stageAFactor,
        int stageBMinimum) {
    /** The largest side in px that is accepted. */
    public static final int MAX_SIDE = 4096;

    /** Of a geometry whose valid sides are not all multiples of one number. */
    private static final int SHOWN_SIDES = 6;

    /** The longest array that Java VMs make. */
    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    /** A float of Stage A and the byte of the picture. */
    private static final int PIXEL_VALUE_BYTES = Float.BYTES + 1;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public LatentGeometry {
        checkArgument(
                resolutionMultiple > 0 && latentDimScale > 0 && Double.isFinite(resolutionMultiple) && Double.isFinite(latentDimScale),
                "resolution multiple and latent scale must be positive, got %s and %s",
                resolutionMultiple,
                latentDimScale);
        checkArgument(
                stageCChannels > 0 && stageBChannels > 0 && stageBMultiple > 0 && stageAFactor > 0,
                "channels, Stage B multiple and Stage A factor must be positive, got %s, %s, %s, %s",
                stageCChannels,
                stageBChannels,
                stageBMultiple,
                stageAFactor);
        checkArgument(stageBMinimum > 0, "the shortest side of Stage B latents must be positive, got %s", stageBMinimum);
    }

    /**
     * Creates a geometry without a bound for short sides.
     *
     * @param resolutionMultiple px a Stage C column stands for
     * @param latentDimScale Stage B columns a Stage C column stands for
     * @param stageCChannels channels of Stage C latents
     * @param stageBChannels channels of Stage B latents
     * @param stageBMultiple what Stage B's sides must divide by
     * @param stageAFactor px a Stage B column stands for
     * @throws IllegalArgumentException if one is not positive
     */
    public LatentGeometry(
            double resolutionMultiple, double latentDimScale, int stageCChannels, int stageBChannels, int stageBMultiple, int stageAFactor) {
        this(resolutionMultiple, latentDimScale, stageCChannels, stageBChannels, stageBMultiple, stageAFactor, 1);
    }

    /**
     * Returns the shape of the Stage C latents of a batch of pictures.
     *
     * @param pictures pictures in the batch
     * @param height px, valid
     * @param width px, valid
     * @return [pictures, 16, height / 42.67, width / 42.67]
     * @throws IllegalArgumentException if a side is not valid
     */
    public LatentShape stageC(int pictures, int height, int width) {
        checkSize(height, width);
        return new LatentShape(pictures, stageCChannels, stageCSide(height), stageCSide(width));
    }

    /**
     * Returns the shape of the Stage B latents of a batch of pictures.
     *
     * @param pictures pictures in the batch
     * @param height px, valid
     * @param width px, valid
     * @return [pictures, 4, height / 4, width / 4]
     * @throws IllegalArgumentException if a side is not valid
     */
    public LatentShape stageB(int pictures, int height, int width) {
        checkSize(height, width);
        return new LatentShape(pictures, stageBChannels, stageBSide(height), stageBSide(width));
    }

    /**
     * Checks a picture's size.
     *
     * @param height px
     * @param width px
     * @throws IllegalArgumentException naming the side, what it must be and the nearest valid values
     */
    public void checkSize(int height, int width) {
        checkSide("width", width);
        checkSide("height", height);
    }

    /**
     * Checks whether pictures can be made at a time: their pixels must fit a Java array, and with it Java's memory.
     *
     * @param pictures pictures in the batch, at least 1
     * @param height px, valid
     * @param width px, valid
     * @throws IllegalArgumentException if a side is not valid, or naming the most pictures that can be made at a time
     */
    public void checkBatch(int pictures, int height, int width) {
        checkBatch(pictures, height, width, Runtime.getRuntime().maxMemory());
    }

    void checkBatch(int pictures, int height, int width, long memory) {
        checkSize(height, width);
        long values = 3L * height * width;
        long most = Math.min(MAX_ARRAY / values, memory / (values * PIXEL_VALUE_BYTES));
        checkArgument(
                pictures <= most,
                "%s pictures of %s x %s px at a time need %s MB of Java's memory, which may grow to %s MB; make at most %s at a time,"
                        + " or start Java with a larger -Xmx",
                pictures,
                width,
                height,
                (pictures * values * PIXEL_VALUE_BYTES) >> 20,
                memory >> 20,
                most);
    }

    private void checkSide(String name, int px) {
        if (isValid(px)) {
            return;
        }
        int unit = next(1, side -> side + 1);
        checkArgument(unit > 0, "this model's geometry %s has no valid size up to %s px", this, MAX_SIDE);
        int below = next(Math.min(px, MAX_SIDE), side -> side - 1);
        int above = next(Math.max(px, 1), side -> side + 1);
        String nearest = below <= 0 ? "" + above : above <= 0 ? "" + below : below + ", " + above;
        throw new IllegalArgumentException(
                name + " must be " + validSides(unit) + ", at most " + MAX_SIDE + ", got " + px + "; nearest: " + nearest);
    }

    private String validSides(int unit) {
        int[] valid = IntStream.rangeClosed(1, MAX_SIDE).filter(this::isValid).toArray();
        boolean multiples = valid.length == MAX_SIDE / unit && Arrays.stream(valid).allMatch(side -> side % unit == 0);
        return multiples
                ? "a multiple of " + unit
                : "one of "
                        + Arrays.stream(valid).limit(SHOWN_SIDES).mapToObj(Integer::toString).collect(Collectors.joining(", "))
                        + " and so on";
    }

    /** The next valid side from {@code px} on, or 0 if there is none. */
    private int next(int px, IntUnaryOperator move) {
        int side = px;
        while (side > 0 && side <= MAX_SIDE && !isValid(side)) {
            side = move.applyAsInt(side);
        }
        return side > 0 && side <= MAX_SIDE ? side : 0;
    }

    private boolean isValid(int px) {
        if (px <= 0 || px > MAX_SIDE) {
            return false;
        }
        int side = stageBSide(px);
        // As long: a product that wraps could be any size.
        return side > 0 && (long) side * stageAFactor == px && side % stageBMultiple == 0 && side >= stageBMinimum && stageCSide(px) <= MAX_SIDE;
    }

    private int stageCSide(int px) {
        return (int) Math.ceil(px / resolutionMultiple);
    }

    private int stageBSide(int px) {
        return (int) (stageCSide(px) * latentDimScale);
    }
}
