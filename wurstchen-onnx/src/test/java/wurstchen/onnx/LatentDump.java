package wurstchen.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;

/**
 * Writes the latents that whole runs of Stage C and of Stage B end with, as raw little-endian float32: what
 * {@code python -m wurstchen_export gpu-accuracy} compares with the reference. The constants are that command's. Stage B starts from
 * Stage C latents of noise, so that one stage's error does not become the other's.
 *
 * <p>Usage: LatentDump BUNDLE DEVICE FOLDER
 */
final class LatentDump {
    private static final String PROMPT = "a photo of a cat on the grass";
    private static final String NEGATIVE_PROMPT = "low quality, blurry";
    private static final int SIDE_PX = 1024;
    private static final long SEED = 1;
    private static final int STAGE_C_STEPS = 20;
    private static final float STAGE_C_GUIDANCE = 4;
    private static final int STAGE_B_STEPS = 6;
    private static final float STAGE_B_GUIDANCE = 2;

    private final ModelBundle bundle;
    private final Device device;
    private final LatentShape shapeC;
    private final LatentShape shapeB;

    private LatentDump(ModelBundle bundle, Device device, int sidePx) {
        this.bundle = bundle;
        this.device = device;
        this.shapeC = bundle.manifest().geometry().stageC(1, sidePx, sidePx);
        this.shapeB = bundle.manifest().geometry().stageB(1, sidePx, sidePx);
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            throw new IllegalArgumentException("usage: LatentDump BUNDLE DEVICE FOLDER");
        }
        write(Path.of(args[0]), Device.parse(args[1]), SIDE_PX, Path.of(args[2]));
    }

    /** Writes stage_c.f32 and stage_b.f32 to the folder. */
    static void write(Path model, Device device, int sidePx, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (ModelBundle bundle = ModelBundle.open(model)) {
            LatentDump dump = new LatentDump(bundle, device, sidePx);
            save(folder.resolve("stage_c.f32"), dump.stageC());
            save(folder.resolve("stage_b.f32"), dump.stageB());
        }
    }

    private float[] stageC() {
        StepTable table = StepTable.of(bundle.manifest().schedules().stageC(), Timesteps.uniform(STAGE_C_STEPS));
        try (TextEncoder encoder = OnnxStages.textEncoderC(bundle, device);
                StageC stage = OnnxStages.stageC(bundle, device);
                HiddenStates text = encode(encoder, bundle.tokenizerC());
                DenoisingRun run =
                        stage.start(text, shapeC, table, new Guidance(STAGE_C_GUIDANCE), NoiseSource.seeded(SEED))) {
            return finished(run);
        }
    }

    private float[] stageB() {
        StepTable table = StepTable.of(bundle.manifest().schedules().stageB(), Timesteps.uniform(STAGE_B_STEPS));
        float[] noise = new float[shapeC.values()];
        NoiseSource.seeded(SEED + 1).fill(noise);
        try (TextEncoder encoder = OnnxStages.textEncoderB(bundle, device);
                StageB stage = OnnxStages.stageB(bundle, device);
                HiddenStates text = encode(encoder, bundle.tokenizerB());
                Latents stageCLatents = Latents.onHost(shapeC, noise);
                DenoisingRun run = stage.start(
                        text, stageCLatents, shapeB, table, new Guidance(STAGE_B_GUIDANCE), NoiseSource.seeded(SEED))) {
            return finished(run);
        }
    }

    private static HiddenStates encode(TextEncoder encoder, ClipTokenizer tokenizer) {
        return encoder.encode(List.of(tokenizer.encode(PROMPT), tokenizer.encode(NEGATIVE_PROMPT)));
    }

    private static float[] finished(DenoisingRun run) {
        while (run.stepsDone() < run.steps()) {
            run.advance();
        }
        return run.latents().toHost();
    }

    private static void save(Path file, float[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        Files.write(file, bytes.array());
    }
}
