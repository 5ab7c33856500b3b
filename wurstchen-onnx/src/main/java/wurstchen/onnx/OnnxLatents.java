package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OnnxTensor;
import java.nio.FloatBuffer;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

/** Latents in a tensor: of a run, which invalidates the handle when it goes on, or of the caller, who closes it. */
final class OnnxLatents implements Latents {
    private final LatentShape shape;
    private final HostTensor<FloatBuffer> tensor;
    private final boolean owner;
    private boolean valid = true;

    private OnnxLatents(LatentShape shape, HostTensor<FloatBuffer> tensor, boolean owner) {
        this.shape = shape;
        this.tensor = tensor;
        this.owner = owner;
    }

    /** Latents that free their tensor on close. */
    static OnnxLatents owning(LatentShape shape, HostTensor<FloatBuffer> tensor) {
        return new OnnxLatents(shape, tensor, true);
    }

    /** A view of a run's tensor; closing it does nothing. */
    static OnnxLatents ofRun(LatentShape shape, HostTensor<FloatBuffer> tensor) {
        return new OnnxLatents(shape, tensor, false);
    }

    void invalidate() {
        valid = false;
    }

    OnnxTensor tensor() {
        checkValid();
        return tensor.tensor();
    }

    @Override
    public LatentShape shape() {
        return shape;
    }

    @Override
    public float[] toHost() {
        checkValid();
        return HostTensor.toArray(tensor);
    }

    private void checkValid() {
        checkState(
                valid,
                owner
                        ? "these latents are closed"
                        : "these latents are gone: their run went on or was closed; call toHost() before, or latents() again");
    }

    @Override
    public void close() {
        if (owner && valid) {
            valid = false;
            tensor.close();
        }
    }
}
