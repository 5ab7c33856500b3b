package wurstchen.onnx.process;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.UnsignedLong;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.cuda.InstalledCudaDriver;
import wurstchen.onnx.internal.cuda.NvidiaManagement;

/**
 * The programs that compute on a GPU, as NVIDIA's management library (nvml.h) lists them: what all programs together use would make a
 * test fail for what another program does.
 *
 * @param all in no order
 */
record GpuProcesses(ImmutableList<GpuProcess> all) {
    private static final int SUCCESS = 0;

    /** Room for so many; more is an error. */
    private static final int MOST = 1024;

    /** struct nvmlProcessInfo_t: the process id, 4 bytes of padding, its bytes, and two ids of a part of the GPU. */
    private static final int ENTRY_BYTES = 24;

    private static final int BYTES_AT = 8;

    /** NVML_VALUE_NOT_AVAILABLE. */
    private static final long NOT_AVAILABLE = UnsignedLong.MAX_VALUE.longValue();

    /**
     * One program.
     *
     * @param id its process id, as the host of a container counts them
     * @param usedBytes what it uses of the GPU's memory, if the driver says so
     */
    record GpuProcess(long id, OptionalLong usedBytes) {}

    /** Asks the driver, which must be there. */
    static GpuProcesses on(int gpu) {
        HostSystem host = HostSystem.current();
        if (NvidiaManagement.open(host).isEmpty()) {
            throw new IllegalStateException("NVIDIA's management library does not start: is there a driver?");
        }
        String busId = new InstalledCudaDriver(host).busId(gpu).orElseThrow();
        NativeLibrary library = NativeLibrary.getInstance(host.windows() ? "nvml" : "libnvidia-ml.so.1");
        PointerByReference device = new PointerByReference();
        call(library, "nvmlDeviceGetHandleByPciBusId_v2", busId, device);
        try (Memory entries = new Memory((long) MOST * ENTRY_BYTES)) {
            IntByReference count = new IntByReference(MOST);
            call(library, "nvmlDeviceGetComputeRunningProcesses_v3", device.getValue(), count, entries);
            return read(entries, count.getValue());
        }
    }

    private static void call(NativeLibrary library, String function, Object... arguments) {
        int status = library.getFunction(function).invokeInt(arguments);
        if (status != SUCCESS) {
            throw new IllegalStateException(function + " fails with nvmlReturn_t " + status);
        }
    }

    /** Reads an array of nvmlProcessInfo_t. */
    static GpuProcesses read(Pointer entries, int count) {
        ImmutableList.Builder<GpuProcess> all = ImmutableList.builder();
        for (int i = 0; i < count; i++) {
            long at = (long) i * ENTRY_BYTES;
            long bytes = entries.getLong(at + BYTES_AT);
            OptionalLong known = bytes == NOT_AVAILABLE ? OptionalLong.empty() : OptionalLong.of(bytes);
            all.add(new GpuProcess(Integer.toUnsignedLong(entries.getInt(at)), known));
        }
        return new GpuProcesses(all.build());
    }

    /** Whether the driver lists programs at all; in some containers it lists none, although at least this one is there. */
    boolean listedSince(GpuProcesses before) {
        return !all.isEmpty() || !before.all.isEmpty();
    }

    /**
     * Returns what this program uses, whatever the others do.
     *
     * @param id its process id, as it knows it; a container may count differently, so that the only one who came is the one
     * @param before the programs before this one came
     * @throws IllegalStateException if that cannot be told
     */
    long ownBytes(long id, GpuProcesses before) {
        Set<Long> others = before.all.stream().map(GpuProcess::id).collect(Collectors.toSet());
        List<GpuProcess> came = all.stream().filter(process -> !others.contains(process.id())).toList();
        List<GpuProcess> named = came.stream().filter(process -> process.id() == id).toList();
        List<GpuProcess> own = named.isEmpty() ? came : named;
        if (own.size() != 1) {
            throw needsTheGpuForItself(id, others, "which of them this is cannot be told");
        }
        return own.get(0).usedBytes().orElseThrow(() -> needsTheGpuForItself(id, others, "what each of them uses is not said"));
    }

    private IllegalStateException needsTheGpuForItself(long id, Set<Long> others, String why) {
        String ids = all.stream()
                .map(process -> process.id() + (others.contains(process.id()) ? " before" : ""))
                .collect(Collectors.joining(", "));
        return new IllegalStateException("a test that measures memory needs the GPU for itself: the driver lists "
                + all.size() + " programs on it (" + (ids.isEmpty() ? "none" : ids) + "), this one is " + id + ", and " + why
                + "; end the others, and in a container share the host's process ids (docker run --pid=host)");
    }
}
