package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;
import java.util.List;

/**
 * What an image encoder makes of image prompts, in a Java array: one embedding for each, float32 [count, width]. Immutable.
 */
public final class ImageEmbeddings {
    private static final ImageEmbeddings NONE = new ImageEmbeddings(0, new float[0]);

    private final int width;
    private final float[] values;

    private ImageEmbeddings(int width, float[] values) {
        this.width = width;
        this.values = values;
    }

    /**
     * Returns the embeddings of no picture.
     *
     * @return of count and width 0
     */
    public static ImageEmbeddings none() {
        return NONE;
    }

    /**
     * Creates embeddings.
     *
     * @param width values of each, at least 1
     * @param values embedding by embedding, at least one, copied
     * @return such embeddings
     * @throws IllegalArgumentException if the number of values is no multiple of the width, or there are none
     */
    public static ImageEmbeddings of(int width, float[] values) {
        checkArgument(
                width >= 1 && values.length > 0 && values.length % width == 0,
                "image embeddings of width %s need a multiple of as many values, got %s",
                width,
                values.length);
        return new ImageEmbeddings(width, values.clone());
    }

    /**
     * Joins embeddings.
     *
     * @param all of one width
     * @return those of all, in their order
     * @throws IllegalArgumentException if they are not of one width
     */
    public static ImageEmbeddings join(List<ImageEmbeddings> all) {
        List<ImageEmbeddings> some = all.stream().filter(one -> one.count() > 0).toList();
        if (some.isEmpty()) {
            return NONE;
        }
        int width = some.get(0).width;
        float[] values = new float[some.stream().mapToInt(one -> one.values.length).sum()];
        int place = 0;
        for (ImageEmbeddings one : some) {
            checkArgument(one.width == width, "image embeddings must have one width, got %s and %s", width, one.width);
            System.arraycopy(one.values, 0, values, place, one.values.length);
            place += one.values.length;
        }
        return new ImageEmbeddings(width, values);
    }

    /**
     * Returns these embeddings times a share.
     *
     * @param share finite
     * @return each value times the share
     */
    public ImageEmbeddings times(float share) {
        float[] scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= share;
        }
        return new ImageEmbeddings(width, scaled);
    }

    /**
     * Returns how many there are.
     *
     * @return the number of image prompts; 0 if there are none
     */
    public int count() {
        return width == 0 ? 0 : values.length / width;
    }

    /**
     * Returns the values of each.
     *
     * @return 768 in the published Stable Cascade; 0 if there are none
     */
    public int width() {
        return width;
    }

    /**
     * Copies the values.
     *
     * @return a new array of count * width values
     */
    public float[] toArray() {
        return values.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageEmbeddings that && width == that.width && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "ImageEmbeddings[" + count() + ", " + width + "]";
    }
}
