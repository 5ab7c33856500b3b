package wurstchen.onnx.internal.operators;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.binding.NativeApi;
import wurstchen.onnx.internal.operators.callback.OperatorDomain;

/** The operators of the domain {@code wurstchen} on the CPU provider, so that all of them but the kernels can be tried without a GPU. */
public final class HostOperators {
    private static OperatorDomain domain;

    private HostOperators() {}

    /** Returns the operators. */
    public static synchronized DeviceOperators open() throws OrtException {
        checkState(NativeApi.problem().isEmpty(), "no C API: %s", NativeApi.problem());
        if (domain == null) {
            HostGpu gpu = new HostGpu();
            domain = OperatorDomain.create(DeviceOperators.DOMAIN, "CPUExecutionProvider", WurstchenOperators.all(stream -> gpu));
        }
        return DeviceOperators.computing(domain, "the host", () -> {});
    }
}
