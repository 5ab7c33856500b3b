package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import wurstchen.WurstchenException;
import wurstchen.image.WholeFile;
import wurstchen.internal.SafeTensors;

/**
 * The Stage C latents of one picture, finished or with steps to go, as a value: a request can end with them and another can begin with
 * them, also from a file (safetensors, one float32 tensor {@value #TENSOR} [1, 16, h, w]). Immutable.
 *
 * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="latents"}
 */
public final class StageCLatents {
    /** The tensor's name in a file. */
    public static final String TENSOR = "stage_c_latents";

    private static final String STEPS_LEFT = "steps-left";

    /** Far above the latents of the largest picture, 16 * 96 * 96 values. */
    private static final int MAX_BYTES = 64 << 20;

    private final LatentShape shape;
    private final float[] values;
    private final int stepsLeft;
    private final ImmutableMap<String, String> notes;

    private StageCLatents(LatentShape shape, float[] values, int stepsLeft, Map<String, String> notes) {
        checkArgument(shape.pictures() == 1, "Stage C latents are of one picture, got shape %s", shape);
        checkArgument(values.length == shape.values(), "latents of shape %s need %s values, got %s", shape, shape.values(), values.length);
        checkArgument(stepsLeft >= 0, "steps left must be at least 0, got %s", stepsLeft);
        for (float value : values) {
            checkArgument(Float.isFinite(value), "Stage C latents must be finite, got %s", value);
        }
        this.shape = shape;
        this.values = values;
        this.stepsLeft = stepsLeft;
        this.notes = ImmutableMap.copyOf(notes);
    }

    /**
     * Creates latents from numbers.
     *
     * @param shape [1, 16, h, w]
     * @param values finite, copied
     * @param stepsLeft denoising steps of Stage C that are still to be done; 0 for finished latents
     * @param notes any text to keep with them, names to values
     * @return such latents
     * @throws IllegalArgumentException if the shape is not of one picture, or a number is out of range
     */
    public static StageCLatents of(LatentShape shape, float[] values, int stepsLeft, Map<String, String> notes) {
        return new StageCLatents(shape, values.clone(), stepsLeft, notes);
    }

    /**
     * Copies one picture's latents out of a batch, for instance in a listener, so that the request can be resumed.
     *
     * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="resume"}
     *
     * @param batch latents of one or more pictures
     * @param picture index in the batch
     * @param stepsLeft denoising steps of Stage C that are still to be done
     * @return the picture's latents, without notes
     * @throws IndexOutOfBoundsException if there is no such picture
     * @throws IllegalArgumentException if a value is not finite
     */
    public static StageCLatents copyOf(Latents batch, int picture, int stepsLeft) {
        LatentShape all = batch.shape();
        checkElementIndex(picture, all.pictures(), "picture");
        LatentShape one = new LatentShape(1, all.channels(), all.height(), all.width());
        float[] values = Arrays.copyOfRange(batch.toHost(), picture * one.values(), (picture + 1) * one.values());
        return new StageCLatents(one, values, stepsLeft, Map.of());
    }

    /**
     * Returns the same latents with other notes.
     *
     * @param text names to values
     * @return a copy
     */
    public StageCLatents withNotes(Map<String, String> text) {
        return new StageCLatents(shape, values, stepsLeft, text);
    }

    /**
     * Reads a file that {@link #write} wrote.
     *
     * @param file a safetensors file
     * @return the same latents
     * @throws WurstchenException if it cannot be read, or holds no Stage C latents
     */
    public static StageCLatents read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return fromBytes(in.readNBytes(MAX_BYTES));
        } catch (IOException | IllegalArgumentException e) {
            throw new WurstchenException("cannot read Stage C latents from " + file + ": "
                    + (e instanceof IOException ? e.toString() : e.getMessage()), e);
        }
    }

    private static StageCLatents fromBytes(byte[] bytes) {
        SafeTensors file = SafeTensors.read(bytes);
        SafeTensors.Tensor tensor = file.tensors().get(TENSOR);
        checkArgument(tensor != null, "there is no tensor %s, found only %s", TENSOR, file.tensors().keySet());
        int[] axes = tensor.shape();
        checkArgument(axes.length == 4, "%s needs 4 axes, got %s", TENSOR, Arrays.toString(axes));
        String left = file.metadata().getOrDefault(STEPS_LEFT, "0");
        checkArgument(left.matches("[0-9]{1,6}"), "%s must be a whole number, got '%s'", STEPS_LEFT, left);
        ImmutableMap.Builder<String, String> notes = ImmutableMap.builder();
        file.metadata().entrySet().stream().filter(entry -> !entry.getKey().equals(STEPS_LEFT)).forEach(notes::put);
        return new StageCLatents(
                new LatentShape(axes[0], axes[1], axes[2], axes[3]), tensor.values(), Integer.parseInt(left), notes.buildOrThrow());
    }

    /**
     * Writes a safetensors file. It appears whole or not at all, and replaces one that is there, see {@link WholeFile}.
     *
     * @param file where to; its folder must exist
     * @throws WurstchenException if it cannot be written
     */
    public void write(Path file) {
        WholeFile.write(file, toBytes());
    }

    /**
     * Returns the bytes of a safetensors file.
     *
     * @return a new array; equal latents give equal bytes
     */
    public byte[] toBytes() {
        ImmutableMap.Builder<String, String> metadata = ImmutableMap.builder();
        metadata.put(STEPS_LEFT, Integer.toString(stepsLeft)).putAll(notes);
        int[] axes = {shape.pictures(), shape.channels(), shape.height(), shape.width()};
        return new SafeTensors(ImmutableMap.of(TENSOR, new SafeTensors.Tensor(axes, values)), metadata.buildOrThrow()).toBytes();
    }

    /**
     * Returns the shape.
     *
     * @return [1, 16, h, w]
     */
    public LatentShape shape() {
        return shape;
    }

    /**
     * Returns the values.
     *
     * @return a new array of {@code shape().values()} values
     */
    public float[] toArray() {
        return values.clone();
    }

    /**
     * Returns how many denoising steps of Stage C are still to be done.
     *
     * @return 0 for finished latents
     */
    public int stepsLeft() {
        return stepsLeft;
    }

    /**
     * Returns the text that is kept with the latents. Those that a request ended with have its settings, as
     * {@link wurstchen.PictureSettings#toText} writes them, and {@code model-sha256} where the pipeline knows it.
     *
     * @return names to values, immutable
     */
    public Map<String, String> notes() {
        return notes;
    }

    /**
     * Returns the SHA-256 of the bytes of {@link #toBytes} without the notes: what a picture's settings name the latents by.
     *
     * @return 64 lower-case hexadecimal digits
     */
    public String sha256() {
        return Hashing.sha256().hashBytes(withNotes(Map.of()).toBytes()).toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StageCLatents that
                && shape.equals(that.shape)
                && stepsLeft == that.stepsLeft
                && Arrays.equals(values, that.values)
                && notes.equals(that.notes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(values) + shape.hashCode();
    }

    @Override
    public String toString() {
        return "StageCLatents[" + shape + (stepsLeft == 0 ? "" : ", " + stepsLeft + " steps left") + "]";
    }
}
