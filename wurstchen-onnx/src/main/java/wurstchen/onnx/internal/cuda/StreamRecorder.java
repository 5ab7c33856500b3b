package wurstchen.onnx.internal.cuda;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.common.OrtWork;

/** Records the work that is queued on a device's stream, so that it can be queued again in one call. For the device thread only. */
public interface StreamRecorder {
    /**
     * Records work instead of doing it.
     *
     * @param work queues on the stream, and neither waits for it nor reads what it computes
     * @throws OrtException if the work throws it
     * @throws wurstchen.WurstchenException if the device refuses
     */
    Recording record(OrtWork work) throws OrtException;

    /** Recorded work on the tensors that it was recorded with, which must stay open as long as this. For the device thread only. */
    interface Recording extends AutoCloseable {
        /** Queues the work once more. */
        void launch();

        /** Waits until all that was launched is done. */
        void await();

        /** Frees the recording. All that was launched must be done. */
        @Override
        void close();
    }
}
