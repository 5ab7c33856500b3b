package wurstchen.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;

/** ONNX Runtime's CPU provider. */
final class CpuDevice extends Device {
    private final int threads;

    CpuDevice(int threads) {
        this.threads = threads;
    }

    @Override
    void configure(SessionOptions options) throws OrtException {
        options.setIntraOpNumThreads(threads);
        // A cascade has a session for each graph; threads of one that wait in a spin would take the processor from the next.
        options.addConfigEntry("session.force_spinning_stop", "1");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuDevice that && threads == that.threads;
    }

    @Override
    public int hashCode() {
        return threads;
    }

    @Override
    public String toString() {
        return "cpu (" + threads + (threads == 1 ? " thread)" : " threads)");
    }
}
