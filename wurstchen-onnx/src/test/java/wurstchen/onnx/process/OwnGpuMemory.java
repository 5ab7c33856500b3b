package wurstchen.onnx.process;

import static com.google.common.base.Preconditions.checkState;

import wurstchen.onnx.internal.cuda.CudaMemoryMeter;

/** What this program uses of a GPU's memory, as NVIDIA's driver says. */
final class OwnGpuMemory {
    private final int gpu;
    private final GpuProcesses before;
    private boolean said;

    private OwnGpuMemory(int gpu, GpuProcesses before) {
        this.gpu = gpu;
        this.before = before;
    }

    /** Remembers who is on the GPU without this program. */
    static OwnGpuMemory beforeUse(int gpu) {
        return new OwnGpuMemory(gpu, GpuProcesses.on(gpu));
    }

    /** While this program uses it. */
    long usedBytes() {
        GpuProcesses now = GpuProcesses.on(gpu);
        boolean listed = now.listedSince(before);
        if (!said) {
            said = true;
            System.out.println("the GPU's memory is that of " + (listed
                    ? "this program alone, one of " + now.all().size() + " on it"
                    : "every program together, because the driver lists none (as in a container): nothing else may use it"));
        }
        long used = listed
                ? now.ownBytes(ProcessHandle.current().pid(), before)
                : CudaMemoryMeter.open(gpu).usedBytes();
        checkState(used > 0, "the driver says that %s bytes of the GPU's memory are in use", used);
        return used;
    }
}
