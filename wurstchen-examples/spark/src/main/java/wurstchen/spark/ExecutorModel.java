package wurstchen.spark;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import wurstchen.Wurstchen;
import wurstchen.onnx.CpuDevice;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/**
 * A model that is open on an executor, until its JVM ends. A GPU has one pipeline, which its tasks share: while one task encodes pictures,
 * another one's are made. On the CPU each task has a pipeline to itself while it runs, and leaves it to the next one. Thread-safe.
 */
final class ExecutorModel {
    private static final Map<ModelPlace, ExecutorModel> OPEN = new HashMap<>();

    private final ModelBundle bundle;
    private final Map<Device, Wurstchen> shared = new HashMap<>();
    private final Map<Device, Deque<Wurstchen>> idle = new HashMap<>();

    private ExecutorModel(ModelBundle bundle) {
        this.bundle = bundle;
    }

    /** Returns the model, which the first task of an executor opens. */
    static ExecutorModel of(ModelPlace place) {
        synchronized (OPEN) {
            return OPEN.computeIfAbsent(place, missing -> new ExecutorModel(missing.open()));
        }
    }

    ModelBundle bundle() {
        return bundle;
    }

    /** Returns a pipeline, to be given back. */
    synchronized Wurstchen borrow(Device device) {
        if (device instanceof CpuDevice) {
            Wurstchen waiting = idle.computeIfAbsent(device, key -> new ArrayDeque<>()).poll();
            return waiting != null ? waiting : open(device);
        }
        return shared.computeIfAbsent(device, this::open);
    }

    private Wurstchen open(Device device) {
        return OnnxWurstchen.builder().model(bundle).device(device).open();
    }

    synchronized void giveBack(Device device, Wurstchen pipeline) {
        if (device instanceof CpuDevice) {
            idle.computeIfAbsent(device, key -> new ArrayDeque<>()).push(pipeline);
        }
    }
}
