package wurstchen.onnx.internal.binding;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.common.OrtWork;
import wurstchen.onnx.internal.cuda.StreamRecorder;

/** The host in a GPU's place: a launch does the work again. */
final class HostRecorder implements StreamRecorder {
    @Override
    public Recording record(OrtWork work) {
        return new Recording() {
            private boolean launched;
            private boolean closed;

            @Override
            public void launch() {
                checkState(!launched, "launched again before it was waited for");
                checkState(!closed, "launched after it was closed");
                launched = true;
                try {
                    work.run();
                } catch (OrtException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void await() {
                checkState(launched, "waited for without a launch");
                launched = false;
            }

            @Override
            public void close() {
                checkState(!launched, "closed while it runs");
                closed = true;
            }
        };
    }
}
