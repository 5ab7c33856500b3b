package wurstchen.onnx.internal.operators.gpu;

import com.google.common.collect.ImmutableList;

/**
 * A tensor of float16 as a kernel's tensor memory accelerator reads or writes it, one tile at a time; a tile's rows of 128 bytes are swizzled
 * by 128 bytes in shared memory. An argument of a {@link Launch}.
 *
 * @param address of the first value, a multiple of 16
 * @param sides two or three, the innermost last; the values lie without gaps, and the last side is a multiple of 8
 * @param tile sides of a tile, the last one 64
 */
public record TensorTiles(long address, ImmutableList<Long> sides, ImmutableList<Integer> tile) {
    /** The size of what a kernel takes, a CUtensorMap. */
    static final int BYTES = 128;

    /** Where a CUtensorMap may begin. */
    static final int ALIGNMENT = 64;

    /** Returns a matrix. */
    public static TensorTiles of(long address, long rows, long columns, int tileRows, int tileColumns) {
        return new TensorTiles(address, ImmutableList.of(rows, columns), ImmutableList.of(tileRows, tileColumns));
    }

    /** Returns several matrices of one shape, whose tiles are of one matrix each. */
    public static TensorTiles of(long address, long matrices, long rows, long columns, int tileRows, int tileColumns) {
        return new TensorTiles(address, ImmutableList.of(matrices, rows, columns), ImmutableList.of(1, tileRows, tileColumns));
    }
}
