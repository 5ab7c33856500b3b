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
 * Keeps ONNX Runtime from reporting to its makers. From 1.29 on, its official builds for Linux and macOS send Microsoft which models are
 * opened, on what they run and for how long, with a number that stands for the machine; what is not yet sent lies in the user's cache folder.
 * On Windows, the system records it. Source: docs/Privacy.md and onnxruntime/core/platform/posix/telemetry.cc of ONNX Runtime 1.29.
 */
public final class Telemetry {
    /**
     * ONNX Runtime's own variable of the environment, which it reads once, when it starts: 1 turns all of it off. A user who has set it to
     * whatever has decided.
     */
    public static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

    private static final int OVERWRITE = 1;

    private Telemetry() {}

    /** Turns it off for this process; to be called before ONNX Runtime loads its libraries. */
    static void beforeStart(HostSystem host) {
        // Windows reads no variable. Where JNA is not, what follows the start turns most of it off.
        if (isUsersChoice(host) || host.windows() || Jna.problem().isPresent()) {
            return;
        }
        NativeLibrary.getInstance(Platform.C_LIBRARY_NAME).getFunction("setenv").invokeInt(new Object[] {VARIABLE, "1", OVERWRITE});
    }

    /** Turns off what goes without the variable: on Windows, and where the program had started ONNX Runtime before. */
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
