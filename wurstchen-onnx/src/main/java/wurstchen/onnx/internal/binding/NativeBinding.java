package wurstchen.onnx.internal.binding;

import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

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
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.cuda.CudaCalls;

/** An IO binding of the C API. Inputs and outputs stay on their device. */
public final class NativeBinding implements PreparedRun {
    private final NativeMemory memory;
    private final NativePlace place;
    private final long session;
    private final RunPlan plan;
    private final NativeRunOptions options;

    private long binding;
    private boolean ran;
    private boolean closed;

    NativeBinding(NativeMemory memory, NativePlace place, OrtSession session, RunPlan plan) throws OrtException {
        this.memory = memory;
        this.place = place;
        this.session = OrtHandles.session(session);
        this.plan = plan;
        options = new NativeRunOptions(plan.recordable());
        try {
            memory.retain();
        } catch (IllegalStateException e) {
            options.close();
            throw e;
        }
        try {
            CudaCalls.share(this::bind);
        } catch (OrtException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void bind() throws OrtException {
        long[] address = new long[1];
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
            OrtStatus.check(OrtTable.BindInput(binding, name, value(requireNonNull(plan.inputs().get(name)))));
        }
    }

    private static long value(Tensor tensor) {
        return ((NativeTensor) tensor).value();
    }

    @Override
    public void run() throws OrtException {
        place.execute(this::decideAndRun);
    }

    /** Runs on the device thread, so that runs are executed in the order in which their use was decided. */
    private void decideAndRun() throws OrtException {
        Recordings.Use use = options.begin();
        if (use == Recordings.Use.RECORD) {
            run(use);
        } else {
            CudaCalls.share(() -> run(use));
        }
    }

    private void run(Recordings.Use use) throws OrtException {
        boolean succeeded = false;
        try {
            if (ran && use != Recordings.Use.REPLAY) {
                // An input on the device that the graph reads on the CPU was copied when it was bound; that copy is out of date. A capture
                // is made with the new copy and keeps reading it; the next copy is made when the capture is no longer valid.
                bindInputs(Sets.difference(plan.hostInputs(), onHost()));
            }
            ran = true;
            OrtStatus.check(OrtTable.RunWithBinding(session, options.address(), binding));
            succeeded = true;
        } finally {
            options.end(succeeded);
        }
    }

    /** Returns the id of the capture that the latest run made or replayed, or {@link Recordings#UNRECORDED}. */
    public int recordingId() {
        return options.id();
    }

    private Set<String> onHost() {
        return Maps.filterValues(plan.inputs(), tensor -> ((NativeTensor) tensor).isOnHost()).keySet();
    }

    @Override
    public void terminate() {
        options.terminate();
    }

    @Override
    public void clearTerminate() {
        options.clearTerminate();
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
        // Values come in the order of binding: first those of the caller, which the caller keeps.
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
        options.close();
        memory.release();
    }
}
