package wurstchen.onnx.internal.operators;

import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.gpu.Launch;

/** Checks numbers that are axes of a grid. */
final class Rows {
    private Rows() {}

    static void check(MapShape maps) {
        check("maps", maps.maps());
    }

    /** Returns the number, which a kernel takes as the second or third axis of its grid. */
    static int check(String what, long count) {
        if (count > Launch.MAX_GRID_YZ) {
            throw new WurstchenException(
                    "a kernel takes at most " + Launch.MAX_GRID_YZ + " " + what + ", got " + count + "; make fewer pictures at a time");
        }
        return (int) count;
    }
}
