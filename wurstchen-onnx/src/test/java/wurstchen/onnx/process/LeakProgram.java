package wurstchen.onnx.process;

import static com.google.common.base.Preconditions.checkArgument;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import wurstchen.CascadeParts;
import wurstchen.Wurstchen;
import wurstchen.onnx.Device;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.Latents;
import wurstchen.text.TokenIds;

/**
 * Whether memory stays as it is: makes pictures of several sizes and batches in one process, then opens the model, makes some and closes
 * it, again and again; each after a warm-up. Prints how much memory there is meanwhile, and by how much it grew.
 *
 * <p>Usage: LeakProgram BUNDLE DEVICE SIZES PICTURES RELOADS PLANT
 *
 * <ul>
 *   <li>DEVICE: cpu (one thread of it), cuda or cuda:N
 *   <li>SIZES: what a request may be, such as {@code 256x128x1,128x128x3}: width, height, and pictures at a time
 *   <li>PLANT: one of {@link Plant}
 * </ul>
 *
 * <p>Exit status 0; 1 if a memory grows by 50 MB or more.
 */
public final class LeakProgram {
    static final String USAGE = "usage: LeakProgram BUNDLE DEVICE SIZES PICTURES RELOADS PLANT";

    private static final long ALLOWED_MEGABYTES = 50;

    /** Every size so often: memory is planned and cached at the first times. */
    private static final int WARM_UP_ROUNDS = 3;

    /** Where the allocator finds room settles after some; few are enough before few. */
    private static final int MAX_WARM_UP_RELOADS = 6;

    private static final int REPORTS = 5;

    private static final int UNCLOSED_STEPS = 64;

    private static final Guidance UNGUIDED = new Guidance(1);

    /** What is left open on purpose, so that the check has something to find. */
    enum Plant {
        NOTHING,
        /** A run of Stage B for each request, with its tensors and bindings. */
        RUNS,
        /** Every model that is opened again. */
        MODELS
    }

    private final Path bundle;
    private final Device device;
    private final List<RequestSize> sizes;
    private final Plant plant;
    private final ProcessMemory memory;
    private final Random random = new Random(1);

    private LeakProgram(Path bundle, Device device, List<RequestSize> sizes, Plant plant) {
        this.bundle = bundle;
        this.device = device;
        this.sizes = sizes;
        this.plant = plant;
        this.memory = ProcessMemory.on(device);
    }

    /** Makes pictures, then reloads. */
    public static void main(String[] args) {
        checkArgument(args.length == 6, USAGE);
        List<RequestSize> sizes = Arrays.stream(args[2].split(",")).map(RequestSize::parse).toList();
        LeakProgram program = new LeakProgram(Path.of(args[0]), DeviceArgument.parse(args[1]), sizes, Plant.valueOf(args[5]));
        program.pictures(Integer.parseInt(args[3]));
        int reloads = Integer.parseInt(args[4]);
        if (reloads > 0) {
            program.reloads(reloads);
        }
    }

    private Wurstchen open() {
        return OnnxWurstchen.builder().model(bundle).device(device).open();
    }

    private void pictures(int pictures) {
        MemoryGrowth growth = new MemoryGrowth(pictures + " pictures", memory, ALLOWED_MEGABYTES);
        try (Wurstchen wurstchen = open()) {
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                sizes.forEach(size -> generate(wurstchen, size));
            }
            growth.print("after warming up");
            growth.start();
            int report = 1;
            for (int made = 0; made < pictures; ) {
                RequestSize size = sizes.get(random.nextInt(sizes.size()));
                generate(wurstchen, size);
                if (plant == Plant.RUNS) {
                    leaveRun(wurstchen, size);
                }
                made += size.batch();
                if (made * REPORTS >= pictures * report) {
                    growth.print("after " + made + " pictures");
                    report++;
                }
            }
            growth.check();
        }
    }

    private void generate(Wurstchen wurstchen, RequestSize size) {
        wurstchen.generate(size.request(random.nextLong()));
    }

    private void reloads(int reloads) {
        MemoryGrowth growth = new MemoryGrowth(reloads + " reloads", memory, ALLOWED_MEGABYTES);
        int warmUp = Math.min(MAX_WARM_UP_RELOADS, reloads);
        for (int i = 0; i < warmUp + reloads; i++) {
            if (i == warmUp) {
                growth.start();
            }
            reload(sizes.get(i % sizes.size()));
            if (reloads <= REPORTS || i % (reloads / REPORTS) == 0) {
                growth.print("after " + (i + 1) + " reloads");
            }
        }
        growth.check();
    }

    private void reload(RequestSize size) {
        Wurstchen wurstchen = open();
        generate(wurstchen, size);
        if (plant != Plant.MODELS) {
            wurstchen.close();
        }
    }

    /** What a stage that forgets to close its run would leave. */
    private static void leaveRun(Wurstchen wurstchen, RequestSize size) {
        CascadeParts parts = wurstchen.parts();
        LatentGeometry geometry = wurstchen.geometry();
        var shapeC = geometry.stageC(size.batch(), size.height(), size.width());
        List<TokenIds> rows = Collections.nCopies(size.batch(), parts.tokenizerB().encode("a cat"));
        try (HiddenStates text = parts.textEncoderB().encode(rows);
                Latents stageCLatents = Latents.onHost(shapeC, new float[shapeC.values()])) {
            parts.stageB().start(
                    text,
                    stageCLatents,
                    geometry.stageB(size.batch(), size.height(), size.width()),
                    StepTable.of(parts.scheduleB(), Timesteps.uniform(UNCLOSED_STEPS)),
                    UNGUIDED,
                    NoiseSource.seeded(1));
        }
    }
}
