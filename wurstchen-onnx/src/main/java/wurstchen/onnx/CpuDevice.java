package wurstchen.onnx;

import wurstchen.onnx.internal.binding.ExecutionProvider;

/** ONNX Runtime's CPU provider. */
public final class CpuDevice extends Device {
    private final ExecutionProvider provider;

    CpuDevice(ExecutionProvider provider) {
        this.provider = provider;
    }

    @Override
    ExecutionProvider provider() {
        return provider;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuDevice that && provider.equals(that.provider);
    }

    @Override
    public int hashCode() {
        return provider.hashCode();
    }
}
