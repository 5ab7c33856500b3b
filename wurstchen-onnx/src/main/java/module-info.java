/**
 * The Würstchen cascade on ONNX Runtime.
 *
 * <p>{@link wurstchen.onnx.OnnxWurstchen} is the entry. ONNX Runtime ({@code com.microsoft.onnxruntime}), JNA ({@code com.sun.jna}), ICU
 * ({@code com.ibm.icu}) are automatic modules, which jlink does not link: they stay on the module path of the program.
 */
module wurstchen.onnx {
    requires java.net.http;
    requires transitive wurstchen.core;
    requires com.google.common;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires com.microsoft.onnxruntime;
    requires com.sun.jna;
    requires static transitive org.jspecify;

    exports wurstchen.onnx;

    uses wurstchen.onnx.internal.bundle.Family;

    provides wurstchen.onnx.internal.bundle.Family with
            wurstchen.onnx.internal.family.StableCascade,
            wurstchen.onnx.internal.family.WuerstchenV2;
}
