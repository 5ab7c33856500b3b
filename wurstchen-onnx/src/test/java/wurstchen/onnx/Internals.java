package wurstchen.onnx;

import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.cuda.MemoryMeter;

/** Leads tests of internal packages from the public types to what is behind them. */
public final class Internals {
    private Internals() {}

    /** Returns the device of a provider. */
    public static Device device(ExecutionProvider provider) {
        return new CpuDevice(provider);
    }

    /** Returns what runs graphs on a device. */
    public static ExecutionProvider provider(Device device) {
        return device.provider();
    }

    /** Returns the index of a GPU. */
    public static int index(CudaDevice device) {
        return device.index();
    }

    /** Starts a watch that asks a meter. */
    public static DeviceWatch watch(MemoryMeter meter) {
        return new DeviceWatch(meter);
    }

    /** Returns the files of a bundle. */
    public static VerifiedBundle files(ModelBundle bundle) {
        return bundle.verified();
    }
}
