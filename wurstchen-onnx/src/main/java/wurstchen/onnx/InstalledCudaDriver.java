package wurstchen.onnx;

import com.google.common.collect.ImmutableList;
import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The driver of this machine, asked through its own library (cuda.h); makes no context and takes no memory of a GPU. */
final class InstalledCudaDriver implements CudaDriver {
    private static final int SUCCESS = 0;
    private static final int ERROR_NO_DEVICE = 100;

    /** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR. */
    private static final int CAPABILITY_MAJOR = 75;

    private static final int CAPABILITY_MINOR = 76;

    private static final int NAME_BYTES = 256;

    private final HostSystem host;

    InstalledCudaDriver(HostSystem host) {
        this.host = host;
    }

    @Override
    public State get() {
        String name = host.windows() ? "nvcuda" : CudaPackages.DRIVER_LIBRARY;
        NativeLibrary library;
        try {
            library = NativeLibrary.getInstance(name);
        } catch (UnsatisfiedLinkError e) {
            return State.unusable("NVIDIA's driver is not there: " + name + " cannot be loaded; "
                    + CudaPackages.install(CudaPackages.DRIVER_LIBRARY, 0));
        }
        return read(library);
    }

    private State read(NativeLibrary library) {
        IntByReference cuda = new IntByReference();
        call(library, "cuDriverGetVersion", cuda);
        Optional<String> version = NvidiaManagement.open(host).flatMap(NvidiaManagement::driverVersion);
        int error = call(library, "cuInit", 0);
        if (error != SUCCESS) {
            String why = error == ERROR_NO_DEVICE
                    ? "NVIDIA's driver is there, but it has no GPU to offer (CUDA_VISIBLE_DEVICES "
                            + host.variable("CUDA_VISIBLE_DEVICES").map(value -> "is " + value).orElse("is not set")
                            + "); in a container, start it with its GPUs (docker run --gpus all)"
                    : "NVIDIA's driver does not start: " + describe(library, error)
                            + "; restart the machine after an update of the driver, and see whether nvidia-smi works";
            return new State(Optional.of(why), version, cuda.getValue(), ImmutableList.of());
        }
        return new State(Optional.empty(), version, cuda.getValue(), gpus(library));
    }

    private ImmutableList<Gpu> gpus(NativeLibrary library) {
        IntByReference count = new IntByReference();
        call(library, "cuDeviceGetCount", count);
        ImmutableList.Builder<Gpu> gpus = ImmutableList.builder();
        for (int i = 0; i < count.getValue(); i++) {
            gpus.add(gpu(library, i));
        }
        return gpus.build();
    }

    private Gpu gpu(NativeLibrary library, int index) {
        IntByReference device = new IntByReference();
        call(library, "cuDeviceGet", device, index);
        byte[] name = new byte[NAME_BYTES];
        call(library, "cuDeviceGetName", name, NAME_BYTES, device.getValue());
        LongByReference bytes = new LongByReference();
        call(library, "cuDeviceTotalMem_v2", bytes, device.getValue());
        IntByReference major = new IntByReference();
        IntByReference minor = new IntByReference();
        call(library, "cuDeviceGetAttribute", major, CAPABILITY_MAJOR, device.getValue());
        call(library, "cuDeviceGetAttribute", minor, CAPABILITY_MINOR, device.getValue());
        byte[] bus = new byte[NAME_BYTES];
        call(library, "cuDeviceGetPCIBusId", bus, NAME_BYTES, device.getValue());
        Optional<Long> used = NvidiaManagement.open(host).flatMap(nvml -> nvml.usedBytes(Native.toString(bus, StandardCharsets.US_ASCII)));
        return new Gpu(
                Native.toString(name, StandardCharsets.UTF_8),
                bytes.getValue(),
                used,
                major.getValue() + "." + minor.getValue());
    }

    private static int call(NativeLibrary library, String function, Object... arguments) {
        return library.getFunction(function, Function.C_CONVENTION).invokeInt(arguments);
    }

    private static String describe(NativeLibrary library, int error) {
        PointerByReference text = new PointerByReference();
        call(library, "cuGetErrorString", error, text);
        Pointer characters = text.getValue();
        return (characters == null ? "" : characters.getString(0, "UTF-8") + " ") + "(error " + error + ")";
    }
}
