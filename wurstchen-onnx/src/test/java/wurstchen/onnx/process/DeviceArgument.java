package wurstchen.onnx.process;

import wurstchen.onnx.Device;
import wurstchen.onnx.Internals;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.RemotePlace;

/** The device that a program of the tests is told to use. */
public final class DeviceArgument {
    /** One thread: the tests start several programs at a time, or several threads. */
    public static final String CPU = "cpu";

    /** A GPU's code, with the CPU in its place. */
    public static final String REMOTE = "remote";

    public static final String CUDA = "cuda";

    private DeviceArgument() {}

    public static Device parse(String name) {
        return switch (name) {
            case CPU -> Device.cpu(1);
            case REMOTE -> Internals.device(new CpuProvider(1).withMemory(REMOTE, RemotePlace::openMemory));
            default -> Device.parse(name);
        };
    }
}
