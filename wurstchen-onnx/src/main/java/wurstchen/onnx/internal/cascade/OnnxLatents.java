package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkState;

import wurstchen.onnx.internal.binding.DeviceMemory;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

/** Latents in a tensor: either of a run, which invalidates the handle with its next step, or owned by the caller, who closes it. */
final class OnnxLatents implements Latents {
    private final OnnxEngine engine;
    private final LatentShape shape;
    private final Tensor tensor;
    private final boolean owner;
    private boolean valid = true;

    private OnnxLatents(OnnxEngine engine, LatentShape shape, Tensor tensor, boolean owner) {
        this.engine = engine;
        this.shape = shape;
        this.tensor = tensor;
        this.owner = owner;
    }

    /** Returns latents that free their tensor on close. */
    static OnnxLatents owning(OnnxEngine engine, LatentShape shape, Tensor tensor) {
        return new OnnxLatents(engine, shape, tensor, true);
    }

    /** Returns a view of a run's tensor; closing it does nothing. */
    static OnnxLatents ofRun(OnnxEngine engine, LatentShape shape, Tensor tensor) {
        return new OnnxLatents(engine, shape, tensor, false);
    }

    DeviceMemory memory() {
        return engine.memory();
    }

    void invalidate() {
        valid = false;
    }

    Tensor tensor() {
        checkValid();
        return tensor;
    }

    @Override
    public LatentShape shape() {
        return shape;
    }

    @Override
    public float[] toHost() {
        checkValid();
        return engine.readFloats(tensor);
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
