package wurstchen.onnx.internal.common;

import java.util.Optional;
import wurstchen.onnx.internal.binding.NativeApi;

/** A call that the rules of the packages forbid, so that a test can show that they find it. */
public final class PlantedUpwardCall {
    private PlantedUpwardCall() {}

    static Optional<String> problem() {
        return NativeApi.problem();
    }
}
