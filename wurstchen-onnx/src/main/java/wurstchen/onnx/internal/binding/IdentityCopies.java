package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.List;
import java.util.OptionalLong;
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.cuda.CudaCalls;

/**
 * Copies tensors between devices by running an {@link IdentityGraph} on one of them. Its session also provides the device's allocator. No
 * other graph allocates from it, so replaying a recorded run of a graph never overwrites a tensor that was allocated after the recording.
 * Thread-safe.
 */
public final class IdentityCopies implements AutoCloseable {
    /** A session for one element type copies all types bit by bit: each session costs handles of CUDA's libraries. */
    private final OrtSession session;

    private IdentityCopies(OrtSession session) {
        this.session = session;
    }

    /**
     * Opens the graph on a device.
     *
     * @param stream of the device; empty if the session is to create one
     */
    public static IdentityCopies open(ExecutionProvider provider, OptionalLong stream) throws OrtException {
        try (OrtSession.SessionOptions options = SessionSettings.quiet()) {
            provider.configure(options, GraphUse.WHOLE, stream);
            return new IdentityCopies(OrtEnvironment.getEnvironment().createSession(IdentityGraph.model(), options));
        }
    }

    /** Returns the address of the session. */
    long session() {
        return OrtHandles.session(session);
    }

    /** Copies all values of a float32 tensor into another of the same shape, bit by bit, wherever each of them is. */
    public void copy(NativeTensor from, NativeTensor to) throws OrtException {
        CudaCalls.share(() -> run(from, to));
    }

    private void run(NativeTensor from, NativeTensor to) throws OrtException {
        long[] address = new long[1];
        OrtStatus.check(OrtTable.CreateRunOptions(address));
        long options = address[0];
        try {
            OrtStatus.check(OrtTable.CreateIoBinding(session(), address));
            long binding = address[0];
            try {
                // Binding a tensor of another device as input copies it, and so does a run whose output is bound to one.
                OrtStatus.check(OrtTable.BindInput(binding, IdentityGraph.INPUT, from.value()));
                OrtStatus.check(OrtTable.BindOutput(binding, IdentityGraph.OUTPUT, to.value()));
                OrtStatus.check(OrtTable.RunWithBinding(session(), options, binding));
            } finally {
                OrtTable.ReleaseIoBinding(binding);
            }
        } finally {
            OrtTable.ReleaseRunOptions(options);
        }
    }

    @Override
    public void close() {
        Closing.all(List.of(session));
    }
}
