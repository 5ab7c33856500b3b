package wurstchen.onnx.internal.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.Jna;

/** NVIDIA's management library (NVML, nvml.h). It comes with the driver and knows what CUDA does not report without a context. */
public final class NvidiaManagement {
    private static final int SUCCESS = 0;
    private static final int TEXT_BYTES = 96;

    /** Size of struct nvmlMemory_t: total, free and used, 64 bits each. */
    private static final int MEMORY_BYTES = 24;

    private static final int USED_AT = 16;

    /** Initialized once: initializing it for every query was seen to leak open files. */
    private static Optional<NvidiaManagement> started = Optional.empty();

    private final NativeLibrary library;

    private NvidiaManagement(NativeLibrary library) {
        this.library = library;
    }

    /** Opens the library; empty if it is not installed or does not start. It stays open for the lifetime of the JVM. */
    public static synchronized Optional<NvidiaManagement> open(HostSystem host) {
        if (started.isEmpty()) {
            started = start(host);
        }
        return started;
    }

    private static Optional<NvidiaManagement> start(HostSystem host) {
        if (Jna.problem().isPresent()) {
            return Optional.empty();
        }
        try {
            NvidiaManagement opened = new NvidiaManagement(NativeLibrary.getInstance(host.windows() ? "nvml" : "libnvidia-ml.so.1"));
            return opened.call("nvmlInit_v2") ? Optional.of(opened) : Optional.empty();
        } catch (UnsatisfiedLinkError e) {
            return Optional.empty();
        }
    }

    /** Returns the version of the driver, such as 580.65.06. */
    Optional<String> driverVersion() {
        byte[] text = new byte[TEXT_BYTES];
        return call("nvmlSystemGetDriverVersion", text, TEXT_BYTES)
                ? Optional.of(Native.toString(text, StandardCharsets.US_ASCII))
                : Optional.empty();
    }

    /**
     * Returns how much GPU memory all programs together use.
     *
     * @param busId as {@code cuDeviceGetPCIBusId} returns it, because the device indexes of the two libraries may differ
     */
    Optional<Long> usedBytes(String busId) {
        PointerByReference device = new PointerByReference();
        if (!call("nvmlDeviceGetHandleByPciBusId_v2", busId, device)) {
            return Optional.empty();
        }
        return usedBytes(device.getValue());
    }

    private Optional<Long> usedBytes(Pointer device) {
        try (Memory memory = new Memory(MEMORY_BYTES)) {
            return call("nvmlDeviceGetMemoryInfo", device, memory) ? Optional.of(memory.getLong(USED_AT)) : Optional.empty();
        }
    }

    private boolean call(String function, Object... arguments) {
        return library.getFunction(function).invokeInt(arguments) == SUCCESS;
    }
}
