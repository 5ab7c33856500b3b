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
        // Threads that wait in a spin take the processor from whoever they wait for: on two busy cores a picture took five times as long.
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
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
