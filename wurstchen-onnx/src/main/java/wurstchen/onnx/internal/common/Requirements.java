package wurstchen.onnx.internal.common;

import static wurstchen.internal.Requirement.library;
import static wurstchen.internal.Requirement.runtimeModule;

import java.util.List;
import wurstchen.internal.Requirement;

/** The jars and Java runtime modules that this module and wurstchen.core call. JNA is not among them, because the CPU works without it. */
public final class Requirements {
    private static final List<Requirement> ALL = List.of(
            library("ai.onnxruntime.OrtEnvironment", "ONNX Runtime", "com.microsoft.onnxruntime:onnxruntime"),
            runtimeModule("java.util.logging.Logger", "java.logging"));

    private Requirements() {}

    /**
     * Checks that all of them are present.
     *
     * @throws wurstchen.WurstchenException naming everything that is missing, each with its remedy
     */
    public static void check() {
        Requirement.checkAll(ALL);
    }
}
