package wurstchen.onnx.internal.operators;

import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.gpu.Launch;

/** Checks the number of maps where it is an axis of a grid. */
final class Rows {
    private Rows() {}

    static void check(MapShape maps) {
        if (maps.maps() > Launch.MAX_GRID_YZ) {
            throw new WurstchenException("a kernel takes at most " + Launch.MAX_GRID_YZ + " maps, got " + maps.maps()
                    + "; make fewer pictures at a time");
        }
    }
}
