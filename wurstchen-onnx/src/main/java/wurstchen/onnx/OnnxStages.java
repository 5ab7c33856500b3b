package wurstchen.onnx;

import wurstchen.onnx.internal.cascade.OnnxImageEncoder;
import wurstchen.onnx.internal.cascade.OnnxSemanticCompressor;
import wurstchen.onnx.internal.cascade.OnnxStageA;
import wurstchen.onnx.internal.cascade.OnnxStageB;
import wurstchen.onnx.internal.cascade.OnnxStageC;
import wurstchen.onnx.internal.cascade.OnnxTextEncoder;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.SemanticCompressor;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;

/**
 * Opens single stages of a model, for programs that need only some of them or call them in another order. The bundle must stay open as long
 * as the stage; the caller owns and closes the stage. All stages are thread-safe.
 *
 * <p>Each method throws {@link ModelBundleException} if a graph is not what the manifest says, and {@link wurstchen.WurstchenException} if
 * ONNX Runtime cannot open one.
 */
public final class OnnxStages {
    private OnnxStages() {}

    /**
     * Opens the text encoder of Stage C.
     *
     * @param bundle the model
     * @param device where to run
     * @return the encoder
     */
    public static TextEncoder textEncoderC(ModelBundle bundle, Device device) {
        return OnnxTextEncoder.openForStageC(bundle.verified(), device.provider());
    }

    /**
     * Opens the text encoder of Stage B.
     *
     * @param bundle the model
     * @param device where to run
     * @return the encoder
     */
    public static TextEncoder textEncoderB(ModelBundle bundle, Device device) {
        return OnnxTextEncoder.openForStageB(bundle.verified(), device.provider());
    }

    /**
     * Opens Stage C.
     *
     * @param bundle the model
     * @param device where to run
     * @return the stage
     */
    public static StageC stageC(ModelBundle bundle, Device device) {
        return OnnxStageC.open(bundle.verified(), device.provider());
    }

    /**
     * Opens Stage B.
     *
     * @param bundle the model
     * @param device where to run
     * @return the stage
     */
    public static StageB stageB(ModelBundle bundle, Device device) {
        return OnnxStageB.open(bundle.verified(), device.provider());
    }

    /**
     * Opens the semantic compressor. Throws {@link ModelBundleException} if the model has none, too.
     *
     * @param bundle the model
     * @param device where to run
     * @return the compressor
     */
    public static SemanticCompressor semanticCompressor(ModelBundle bundle, Device device) {
        return OnnxSemanticCompressor.open(bundle.verified(), device.provider());
    }

    /**
     * Opens the image encoder. Throws {@link ModelBundleException} if the model has none, too.
     *
     * @param bundle the model
     * @param device where to run
     * @return the encoder
     */
    public static ImageEncoder imageEncoder(ModelBundle bundle, Device device) {
        return OnnxImageEncoder.open(bundle.verified(), device.provider());
    }

    /**
     * Opens Stage A.
     *
     * @param bundle the model
     * @param device where to run
     * @return the stage
     */
    public static StageA stageA(ModelBundle bundle, Device device) {
        return OnnxStageA.open(bundle.verified(), device.provider());
    }
}
