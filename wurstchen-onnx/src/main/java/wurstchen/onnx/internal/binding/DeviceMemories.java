package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.JvmExit;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.cuda.CudaCalls;
import wurstchen.onnx.internal.library.OrtLibraries;

/** The open memories, one per device, so that stages that were opened separately can exchange tensors. */
public final class DeviceMemories {
    private static final Map<Object, DeviceMemory> OPEN = new HashMap<>();

    private DeviceMemories() {}

    /**
     * Returns the memory of a device with one more user.
     *
     * @throws wurstchen.WurstchenException if the device cannot be used
     */
    public static DeviceMemory of(ExecutionProvider provider) {
        OrtLibraries.prepare();
        Object key = provider.memoryKey();
        synchronized (OPEN) {
            DeviceMemory open = OPEN.get(key);
            if (open != null && open.tryRetain()) {
                return open;
            }
            DeviceMemory opened = open(provider);
            OPEN.put(key, opened);
            return opened;
        }
    }

    private static DeviceMemory open(ExecutionProvider provider) {
        try {
            return JvmExit.during(() -> CudaCalls.shared(provider::openMemory));
        } catch (JvmExit.EndingException e) {
            throw new WurstchenException(provider + " cannot be opened: " + e.getMessage(), e);
        }
    }

    /** Returns the CPU's memory: with IO binding if that works, otherwise of the Java API. */
    static DeviceMemory onHost(Optional<String> problem) {
        if (problem.isPresent()) {
            return new JavaMemory(problem.get());
        }
        try {
            return new NativeMemory(new HostPlace());
        } catch (OrtException e) {
            return new JavaMemory(OneLine.of(e.getMessage()));
        }
    }
}
