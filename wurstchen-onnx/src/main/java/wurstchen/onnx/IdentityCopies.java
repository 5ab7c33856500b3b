package wurstchen.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies tensors between devices by running an {@link IdentityGraph} on one of them. Its session also lends the device's allocator: one that
 * no other graph takes memory from, so that a recorded run of a graph never overwrites a tensor that was made after it was recorded.
 * Thread-safe.
 */
final class IdentityCopies implements AutoCloseable {
    private final ImmutableMap<ElementType, OrtSession> sessions;
    private final List<AutoCloseable> opened;

    private IdentityCopies(ImmutableMap<ElementType, OrtSession> sessions, List<AutoCloseable> opened) {
        this.sessions = sessions;
        this.opened = opened;
    }

    /** Opens the graphs on a device. */
    static IdentityCopies open(Device device) throws OrtException {
        List<AutoCloseable> opened = new ArrayList<>();
        ImmutableMap.Builder<ElementType, OrtSession> sessions = ImmutableMap.builder();
        try {
            for (ElementType type : ElementType.values()) {
                try (OrtSession.SessionOptions options = SessionSettings.quiet()) {
                    device.configure(options, GraphUse.WHOLE);
                    OrtSession session = OrtEnvironment.getEnvironment().createSession(IdentityGraph.of(type), options);
                    opened.add(session);
                    sessions.put(type, session);
                }
            }
            return new IdentityCopies(sessions.buildOrThrow(), opened);
        } catch (OrtException | RuntimeException e) {
            Closing.afterFailure(e, opened);
            throw e;
        }
    }

    /** The address of a session on the device. */
    long session() {
        return OrtHandles.session(sessions.get(ElementType.FLOAT32));
    }

    /** Copies all values of a tensor into another of the same type and shape, on whatever device each of them is. */
    void copy(NativeTensor from, NativeTensor to) throws OrtException {
        CudaCalls.share(() -> run(from, to));
    }

    private void run(NativeTensor from, NativeTensor to) throws OrtException {
        long[] address = new long[1];
        OrtStatus.check(OrtTable.CreateRunOptions(address));
        long options = address[0];
        try {
            OrtStatus.check(OrtTable.CreateIoBinding(OrtHandles.session(sessions.get(from.type())), address));
            long binding = address[0];
            try {
                // Binding a tensor of another device copies it; so does a run whose output is bound to one.
                OrtStatus.check(OrtTable.BindInput(binding, IdentityGraph.INPUT, from.value()));
                OrtStatus.check(OrtTable.BindOutput(binding, IdentityGraph.OUTPUT, to.value()));
                OrtStatus.check(OrtTable.RunWithBinding(OrtHandles.session(sessions.get(from.type())), options, binding));
            } finally {
                OrtTable.ReleaseIoBinding(binding);
            }
        } finally {
            OrtTable.ReleaseRunOptions(options);
        }
    }

    @Override
    public void close() {
        Closing.all(opened);
    }
}
