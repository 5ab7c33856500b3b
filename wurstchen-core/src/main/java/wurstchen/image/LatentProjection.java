package wurstchen.image;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;
import java.util.stream.IntStream;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Pixels;

/**
 * A linear map from latents to small pictures, fitted to a model: the 3 x 3 neighbourhood of each cell gives the pixels of the cell. Beyond
 * the edge the cells at the edge are repeated. Immutable, thread-safe.
 *
 * <p>Source of the numbers: {@code python -m wurstchen_export previews}, a least-squares fit to the model's training pictures.
 */
public final class LatentProjection {
    private static final int SIDE = 3;
    private static final int COLOURS = 3;

    private final int channels;
    private final int cellPixels;
    private final float[] weight;
    private final float[] bias;

    /**
     * Creates a projection.
     *
     * @param channels of the latents
     * @param cellPixels px of a cell's side
     * @param weight [3 * cellPixels * cellPixels, channels * 9], row by row: rows in the order colour, y, x; columns channel, y, x; copied
     * @param bias [3 * cellPixels * cellPixels], copied
     * @throws IllegalArgumentException if a number is below 1, or an array has another length
     */
    public LatentProjection(int channels, int cellPixels, float[] weight, float[] bias) {
        checkArgument(channels >= 1 && cellPixels >= 1, "a projection needs channels and pixels, got %s and %s", channels, cellPixels);
        int rows = COLOURS * cellPixels * cellPixels;
        int columns = channels * SIDE * SIDE;
        checkArgument(
                weight.length == rows * columns && bias.length == rows,
                "a projection of %s channels to %s px a cell needs %s weights and %s biases, got %s and %s",
                channels,
                cellPixels,
                rows * columns,
                rows,
                weight.length,
                bias.length);
        this.channels = channels;
        this.cellPixels = cellPixels;
        this.weight = weight.clone();
        this.bias = bias.clone();
    }

    /**
     * Returns the latents' channels.
     *
     * @return at least 1
     */
    public int channels() {
        return channels;
    }

    /**
     * Returns the side of a cell.
     *
     * @return px
     */
    public int cellPixels() {
        return cellPixels;
    }

    /**
     * Shows latents.
     *
     * @param shape of the latents, with this projection's channels
     * @param latents their values, clean
     * @return for each picture of the batch one of width * {@link #cellPixels} by height * {@link #cellPixels} px
     * @throws IllegalArgumentException if the latents have other channels, or another number of values
     */
    public List<Picture> show(LatentShape shape, float[] latents) {
        checkArgument(shape.channels() == channels, "this projection shows latents of %s channels, got shape %s", channels, shape);
        checkArgument(latents.length == shape.values(), "latents of shape %s need %s values, got %s", shape, shape.values(), latents.length);
        int cells = shape.height() * shape.width();
        float[] pixels = new float[shape.pictures() * COLOURS * cells * cellPixels * cellPixels];
        IntStream.range(0, shape.pictures() * cells).parallel().forEach(cell -> show(shape, latents, cell, pixels));
        return Picture.fromPixels(new Pixels(shape.pictures(), shape.height() * cellPixels, shape.width() * cellPixels, pixels));
    }

    private void show(LatentShape shape, float[] latents, int cell, float[] pixels) {
        float[] seen = neighbourhood(shape, latents, cell);
        int cells = shape.height() * shape.width();
        int row = cell % cells / shape.width();
        int column = cell % shape.width();
        int width = shape.width() * cellPixels;
        for (int i = 0; i < bias.length; i++) {
            float sum = bias[i];
            for (int j = 0; j < seen.length; j++) {
                sum += weight[i * seen.length + j] * seen[j];
            }
            int plane = cell / cells * COLOURS + i / (cellPixels * cellPixels);
            int y = row * cellPixels + i / cellPixels % cellPixels;
            int x = column * cellPixels + i % cellPixels;
            pixels[(plane * shape.height() * cellPixels + y) * width + x] = sum;
        }
    }

    private float[] neighbourhood(LatentShape shape, float[] latents, int cell) {
        int cells = shape.height() * shape.width();
        int row = cell % cells / shape.width();
        int column = cell % shape.width();
        float[] seen = new float[channels * SIDE * SIDE];
        for (int i = 0; i < seen.length; i++) {
            int y = Math.min(Math.max(row + i / SIDE % SIDE - 1, 0), shape.height() - 1);
            int x = Math.min(Math.max(column + i % SIDE - 1, 0), shape.width() - 1);
            int channel = cell / cells * channels + i / (SIDE * SIDE);
            seen[i] = latents[channel * cells + y * shape.width() + x];
        }
        return seen;
    }
}
