package wurstchen.onnx;

import java.util.List;

/**
 * An input or output of a graph, as the manifest describes it.
 *
 * @param name its name in the graph
 * @param dtype {@code float32}, {@code int64} or {@code uint8}
 * @param axes one entry per axis: a number for a fixed length, a symbol such as {@code rows} for a length that each run chooses; immutable
 */
public record TensorSpec(String name, String dtype, List<String> axes) {
    /** Copies the lists. */
    public TensorSpec {
        axes = List.copyOf(axes);
    }

    /** The dtype of latents, tables and pixels. */
    public static final String FLOAT32 = "float32";

    /** The dtype of token ids, masks and step counters. */
    public static final String INT64 = "int64";

    /** The dtype of a picture's levels. */
    public static final String UINT8 = "uint8";

    /**
     * Returns the length of an axis.
     *
     * @param index 0 for the first axis
     * @return the fixed length, or -1 if each run chooses it
     */
    public long length(int index) {
        String axis = axes.get(index);
        return isFixed(axis) ? Long.parseLong(axis) : -1;
    }

    private static boolean isFixed(String axis) {
        return Character.isDigit(axis.charAt(0));
    }

    @Override
    public String toString() {
        return name + " " + dtype + " [" + String.join(", ", axes) + "]";
    }
}
