package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An IO binding of the C API: inputs and outputs stay where they are, whatever device that is. */
final class NativeBinding implements PreparedRun {
    private final NativeMemory memory;
    private final NativePlace place;
    private final long session;
    private final RunPlan plan;

    private long options;
    private long binding;
    private boolean ran;
    private boolean closed;

    NativeBinding(NativeMemory memory, NativePlace place, OrtSession session, RunPlan plan) throws OrtException {
        memory.retain();
        this.memory = memory;
        this.place = place;
        this.session = OrtHandles.session(session);
        this.plan = plan;
        try {
            bind();
        } catch (OrtException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void bind() throws OrtException {
        long[] address = new long[1];
        OrtStatus.check(OrtTable.CreateRunOptions(address));
        options = address[0];
        if (place.replays()) {
            OrtStatus.check(
                    OrtTable.AddRunConfigEntry(options, "gpu_graph_id", Integer.toString(plan.replay().captureId())));
        }
        OrtStatus.check(OrtTable.CreateIoBinding(session, address));
        binding = address[0];
        bindInputs(plan.inputs().keySet());
        for (Map.Entry<String, Tensor> output : plan.outputs().entrySet()) {
            OrtStatus.check(OrtTable.BindOutput(binding, output.getKey(), value(output.getValue())));
        }
        for (String output : plan.allocated().keySet()) {
            boolean onHost = plan.allocatedOnHost().contains(output);
            OrtStatus.check(
                    OrtTable.BindOutputToDevice(binding, output, onHost ? place.hostMemoryInfo() : place.memoryInfo()));
        }
    }

    private void bindInputs(Set<String> names) throws OrtException {
        for (String name : names) {
            OrtStatus.check(OrtTable.BindInput(binding, name, value(plan.inputs().get(name))));
        }
    }

    private static long value(Tensor tensor) {
        return ((NativeTensor) tensor).value();
    }

    @Override
    public void run() throws OrtException {
        try {
            place.execute(this::runBound);
        } finally {
            ran = true;
        }
    }

    private void runBound() throws OrtException {
        if (ran && !plan.replay().captures()) {
            // An input on the device that the graph reads on the CPU was copied when it was bound, and that copy is now an old one.
            bindInputs(Sets.difference(plan.hostInputs(), onHost()));
        }
        OrtStatus.check(OrtTable.RunWithBinding(session, options, binding));
    }

    private Set<String> onHost() {
        return Maps.filterValues(plan.inputs(), tensor -> ((NativeTensor) tensor).isOnHost()).keySet();
    }

    @Override
    public synchronized void terminate() {
        // A recording that breaks off would leave the device's stream recording for ever; a later run can be stopped.
        boolean recording = plan.replay().captures() && !ran;
        if (!closed && !recording) {
            check(OrtTable.RunOptionsSetTerminate(options));
        }
    }

    @Override
    public synchronized void clearTerminate() {
        check(OrtTable.RunOptionsUnsetTerminate(options));
    }

    private static void check(long status) {
        try {
            OrtStatus.check(status);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime refuses run options that it made", e);
        }
    }

    @Override
    public ImmutableMap<String, Tensor> takeAllocated() throws OrtException {
        long[] array = new long[1];
        long[] count = new long[1];
        OrtStatus.check(OrtTable.GetBoundOutputValues(binding, place.hostAllocator(), array, count));
        List<Long> values = new ArrayList<>();
        Pointer addresses = new Pointer(array[0]);
        for (int i = 0; i < count[0]; i++) {
            values.add(Pointer.nativeValue(addresses.getPointer((long) Native.POINTER_SIZE * i)));
        }
        OrtStatus.check(OrtTable.AllocatorFree(place.hostAllocator(), array[0]));
        // The values stand in the order of binding: those of the caller first, which stay the caller's.
        values.subList(0, plan.outputs().size()).forEach(OrtTable::ReleaseValue);
        int bound = plan.outputs().size();
        int expected = bound + plan.allocated().size();
        checkState(values.size() == expected, "%s outputs bound, %s found", expected, values.size());
        ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
        int i = bound;
        for (Map.Entry<String, ElementType> output : plan.allocated().entrySet()) {
            long value = values.get(i++);
            tensors.put(output.getKey(), tensor(output.getKey(), output.getValue(), value));
        }
        return tensors.buildOrThrow();
    }

    private NativeTensor tensor(String name, ElementType type, long value) throws OrtException {
        boolean onHost = place.isHost() || plan.allocatedOnHost().contains(name);
        return new NativeTensor(memory, type, shape(value), value, onHost);
    }

    private static long[] shape(long value) throws OrtException {
        long[] address = new long[1];
        OrtStatus.check(OrtTable.GetTensorTypeAndShape(value, address));
        long info = address[0];
        try {
            long[] axes = new long[1];
            OrtStatus.check(OrtTable.GetDimensionsCount(info, axes));
            long[] shape = new long[(int) axes[0]];
            OrtStatus.check(OrtTable.GetDimensions(info, shape, shape.length));
            return shape;
        } finally {
            OrtTable.ReleaseTensorTypeAndShapeInfo(info);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (binding != 0) {
            OrtTable.ReleaseIoBinding(binding);
        }
        if (options != 0) {
            OrtTable.ReleaseRunOptions(options);
        }
        memory.release();
    }
}
