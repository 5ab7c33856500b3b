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
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.cuda.CudaCalls;
import wurstchen.onnx.internal.cuda.StreamRecorder;

/** An IO binding of the C API. Inputs and outputs stay on their device. */
public final class NativeBinding implements PreparedRun {
    private final NativeMemory memory;
    private final NativePlace place;
    private final long session;
    private final RunPlan plan;
    private final NativeRunOptions options;

    private long binding;
    private boolean ran;
    private Optional<StreamRecorder.Recording> recording = Optional.empty();
    private boolean launched;
    private Recordings.Use latestUse = Recordings.Use.SUBMIT;
    private boolean closed;

    NativeBinding(NativeMemory memory, NativePlace place, OrtSession session, RunPlan plan) throws OrtException {
        this.memory = memory;
        this.place = place;
        this.session = OrtHandles.session(session);
        this.plan = plan;
        options = new NativeRunOptions(plan.recordable(), place.recorder().isPresent(), plan.returnsMemory() && place.isHost());
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
        place.execute(() -> {
            begin();
            awaitLaunched();
        });
    }

    @Override
    public void runAhead(PreparedRun next) throws OrtException {
        place.execute(() -> {
            begin();
            ((NativeBinding) next).launchAhead();
            awaitLaunched();
        });
    }

    @Override
    public void settle() throws OrtException {
        place.execute(this::awaitLaunched);
    }

    /** Runs, or launches a recording, unless that happened ahead. On the device thread, so that runs follow each other as decided. */
    private void begin() throws OrtException {
        if (launched) {
            return;
        }
        latestUse = options.next();
        if (latestUse == Recordings.Use.SUBMIT) {
            CudaCalls.share(() -> options.submit(this::runGraph));
            return;
        }
        if (latestUse == Recordings.Use.RECORD) {
            record();
        }
        launch();
    }

    /** Launches the next run if that only means to replay a recording. */
    private void launchAhead() {
        if (!launched && options.replayable()) {
            latestUse = options.next();
            launch();
        }
    }

    private void record() throws OrtException {
        closeRecording();
        StreamRecorder recorder = place.recorder().orElseThrow();
        options.record(address -> recording = Optional.of(recorder.record(() -> runGraph(address))));
        options.recorded();
    }

    private void launch() {
        recording.orElseThrow().launch();
        launched = true;
    }

    private void awaitLaunched() {
        if (launched) {
            launched = false;
            recording.orElseThrow().await();
        }
    }

    private void runGraph(long runOptions) throws OrtException {
        if (ran) {
            // An input on the device that the graph reads on the CPU was copied when it was bound; that copy is out of date. A recording is
            // made with the new copy and keeps reading it; the next copy is made when the recording is no longer valid.
            bindInputs(Sets.difference(plan.hostInputs(), onHost()));
        }
        ran = true;
        OrtStatus.check(OrtTable.RunWithBinding(session, runOptions, binding));
    }

    /** Returns what the device did with the latest run. */
    public Recordings.Use latestUse() {
        return latestUse;
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
        closeRecording();
        if (binding != 0) {
            OrtTable.ReleaseIoBinding(binding);
        }
        options.close();
        memory.release();
    }

    private void closeRecording() {
        recording.ifPresent(made -> {
            awaitLaunched();
            made.close();
        });
        recording = Optional.empty();
    }
}
