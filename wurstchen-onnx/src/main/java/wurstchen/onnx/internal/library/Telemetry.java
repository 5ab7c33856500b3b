package wurstchen.onnx.internal.library;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.Jna;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Turns off ONNX Runtime's telemetry. From 1.29 on, the official builds for Linux and macOS send Microsoft which models are opened, on
 * which hardware and for how long, with an identifier of the machine; data not yet sent is stored in the user's cache folder. On Windows,
 * the system records it. Source: docs/Privacy.md and onnxruntime/core/platform/posix/telemetry.cc of ONNX Runtime 1.29.
 */
public final class Telemetry {
    /**
     * ONNX Runtime's environment variable, read once at its start: 1 turns telemetry off. If the user has set it, to any value, it is left
     * as it is.
     */
    public static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

    private static final int OVERWRITE = 1;

    private Telemetry() {}

    /** Turns telemetry off for this process. Must be called before ONNX Runtime loads its libraries. */
    static void beforeStart(HostSystem host) {
        // Windows ignores the variable. Without JNA it cannot be set; {@link #afterStart} then turns most of it off.
        if (isUsersChoice(host) || host.windows() || Jna.problem().isPresent()) {
            return;
        }
        NativeLibrary.getInstance(Platform.C_LIBRARY_NAME).getFunction("setenv").invokeInt(new Object[] {VARIABLE, "1", OVERWRITE});
    }

    /** Turns telemetry off where the variable has no effect: on Windows, and if the program had started ONNX Runtime before. */
    static void afterStart(HostSystem host) {
        if (isUsersChoice(host)) {
            return;
        }
        try {
            OrtEnvironment.getEnvironment().setTelemetry(false);
        } catch (OrtException e) {
            throw new WurstchenException("ONNX Runtime does not turn its telemetry off: " + OneLine.of(e.getMessage()) + "; set " + VARIABLE
                    + "=1 before the program starts, or =0 to leave it on", e);
        }
    }

    private static boolean isUsersChoice(HostSystem host) {
        return host.variable(VARIABLE).isPresent();
    }
}
