package wurstchen.onnx.internal.cuda;

import com.google.common.collect.ImmutableList;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.Jna;

/** The driver of this machine, queried through its own library (cuda.h). Creates no context and allocates no GPU memory. */
public final class InstalledCudaDriver implements CudaDriver {
    private static final int SUCCESS = 0;
    private static final int ERROR_NO_DEVICE = 100;

    /** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR. */
    private static final int CAPABILITY_MAJOR = 75;

    private static final int CAPABILITY_MINOR = 76;

    private static final int TEXT_BYTES = 256;

    private final HostSystem host;

    public InstalledCudaDriver(HostSystem host) {
        this.host = host;
    }

    @Override
    public State get() {
        if (Jna.problem().isPresent()) {
            return State.unusable("NVIDIA's driver cannot be asked: " + Jna.problem().get());
        }
        Optional<NativeLibrary> library = library(host);
        if (library.isEmpty()) {
            return State.unusable("NVIDIA's driver is not there: " + libraryName(host) + " cannot be loaded; "
                    + CudaPackages.install(CudaPackages.DRIVER_LIBRARY, 0));
        }
        return new Calls(library.get(), NvidiaManagement.open(host)).state(host);
    }

    /** Returns the PCI bus id of a GPU, as {@link NvidiaManagement} expects it; empty if there is no such GPU. */
    public Optional<String> busId(int index) {
        if (Jna.problem().isPresent()) {
            return Optional.empty();
        }
        return library(host).map(library -> new Calls(library, Optional.empty())).filter(Calls::start).flatMap(calls -> calls.busId(index));
    }

    /** Returns the driver's library; empty if it is not installed. Requires JNA. */
    public static Optional<NativeLibrary> library(HostSystem host) {
        try {
            return Optional.of(NativeLibrary.getInstance(libraryName(host)));
        } catch (UnsatisfiedLinkError e) {
            return Optional.empty();
        }
    }

    private static String libraryName(HostSystem host) {
        return host.windows() ? "nvcuda" : CudaPackages.DRIVER_LIBRARY;
    }

    private record Calls(NativeLibrary library, Optional<NvidiaManagement> management) {
        State state(HostSystem host) {
            IntByReference cuda = new IntByReference();
            call("cuDriverGetVersion", cuda);
            Optional<String> version = management.flatMap(NvidiaManagement::driverVersion);
            int error = call("cuInit", 0);
            return error == SUCCESS
                    ? new State(Optional.empty(), version, cuda.getValue(), gpus())
                    : new State(Optional.of(problem(error, host)), version, cuda.getValue(), ImmutableList.of());
        }

        boolean start() {
            return call("cuInit", 0) == SUCCESS;
        }

        private String problem(int error, HostSystem host) {
            if (error == ERROR_NO_DEVICE) {
                return "NVIDIA's driver is there, but it has no GPU to offer (CUDA_VISIBLE_DEVICES "
                        + host.variable("CUDA_VISIBLE_DEVICES").map(value -> "is " + value).orElse("is not set")
                        + "); in a container, start it with its GPUs (docker run --gpus all)";
            }
            PointerByReference text = new PointerByReference();
            call("cuGetErrorString", error, text);
            Pointer characters = text.getValue();
            String words = characters == null ? "" : characters.getString(0, "UTF-8") + " ";
            return "NVIDIA's driver does not start: " + words + "(error " + error
                    + "); restart the machine after an update of the driver, and see whether nvidia-smi works";
        }

        private ImmutableList<Gpu> gpus() {
            IntByReference count = new IntByReference();
            call("cuDeviceGetCount", count);
            ImmutableList.Builder<Gpu> gpus = ImmutableList.builder();
            for (int i = 0; i < count.getValue(); i++) {
                gpus.add(gpu(i));
            }
            return gpus.build();
        }

        private Gpu gpu(int index) {
            IntByReference device = new IntByReference();
            call("cuDeviceGet", device, index);
            byte[] name = new byte[TEXT_BYTES];
            call("cuDeviceGetName", name, TEXT_BYTES, device.getValue());
            LongByReference bytes = new LongByReference();
            call("cuDeviceTotalMem_v2", bytes, device.getValue());
            Optional<Long> used = management.flatMap(nvml -> busId(index).flatMap(nvml::usedBytes));
            String capability = attribute(CAPABILITY_MAJOR, device) + "." + attribute(CAPABILITY_MINOR, device);
            return new Gpu(Native.toString(name, StandardCharsets.UTF_8), bytes.getValue(), used, capability);
        }

        private int attribute(int attribute, IntByReference device) {
            IntByReference value = new IntByReference();
            call("cuDeviceGetAttribute", value, attribute, device.getValue());
            return value.getValue();
        }

        Optional<String> busId(int index) {
            IntByReference device = new IntByReference();
            byte[] text = new byte[TEXT_BYTES];
            return call("cuDeviceGet", device, index) == SUCCESS
                            && call("cuDeviceGetPCIBusId", text, TEXT_BYTES, device.getValue()) == SUCCESS
                    ? Optional.of(Native.toString(text, StandardCharsets.US_ASCII))
                    : Optional.empty();
        }

        private int call(String function, Object... arguments) {
            return library.getFunction(function).invokeInt(arguments);
        }
    }
}
