package wurstchen.onnx.internal.library;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.DeviceMemories;

/** Starts ONNX Runtime as a model does, and says what it then finds in the environment; which is not what Java finds. */
final class TelemetryProgram {
    private TelemetryProgram() {}

    public static void main(String[] args) {
        DeviceMemories.of(new CpuProvider(1)).release();
        String found = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME)
                .getFunction("getenv")
                .invokeString(new Object[] {Telemetry.VARIABLE}, false);
        System.out.println(Telemetry.VARIABLE + "=" + found);
    }
}
