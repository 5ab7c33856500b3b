package wurstchen.onnx;

/**
 * How a run may be recorded as a CUDA graph: at the first run, the device records all work and from then on replays it with one call, on
 * the same tensors.
 *
 * @param captureId -1 for never
 */
record Replay(int captureId) {
    /** Every run submits its work anew. ONNX Runtime's name for it: kCudaGraphAnnotationSkip. */
    static final Replay NONE = new Replay(-1);

    boolean captures() {
        return captureId >= 0;
    }
}
