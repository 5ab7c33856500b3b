package wurstchen.examples.benchmark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.OptionalLong;
import wurstchen.PictureSettings;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StagePhase;
import wurstchen.stage.Transfers;

/** A benchmark for programs. Every number's unit is in its name. */
public final class BenchmarkJson {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private BenchmarkJson() {}

    public static String of(Machine machine, Benchmark benchmark, OptionalLong peakProcessBytes) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("date", machine.date().toString());
        root.putObject("machine")
                .put("hardware", benchmark.hardware())
                .put("processors", machine.processors())
                .put("os", machine.os())
                .put("java", machine.java());
        root.put("engine", benchmark.engine());
        root.put("lowMemory", benchmark.lowMemory());
        root.putObject("model")
                .put("name", benchmark.model().name())
                .put("precision", benchmark.model().precision().toString())
                .put("weights", benchmark.model().weights().toString())
                .put("revision", benchmark.model().provenance().revision());
        request(root.putObject("request"), benchmark);
        root.putObject("startMillis").put("verify", benchmark.verify()).put("open", benchmark.open());
        root.set("firstMillis", millis(benchmark.cold()));
        benchmark.warm().forEach(sample -> root.withArray("laterMillis").add(millis(sample)));
        root.put("picturesPerSecond", benchmark.picturesPerSecond());
        copies(root.putObject("copiedBytes"), benchmark);
        put(root, "peakDeviceBytes", benchmark.peakDeviceBytes());
        put(root, "peakProcessBytes", peakProcessBytes);
        benchmark.notes().forEach(note -> root.withArray("notes").add(note));
        try {
            return MAPPER.writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new AssertionError("a tree of text and numbers can always be written", e);
        }
    }

    private static void request(ObjectNode request, Benchmark benchmark) {
        PictureSettings settings = benchmark.settings();
        request.put("prompt", settings.prompt())
                .put("seed", settings.seed())
                .put("images", benchmark.pictures())
                .put("batchSize", benchmark.batchSize())
                .put("width", settings.width())
                .put("height", settings.height())
                .put("stageCSteps", settings.stageCTimesteps().steps())
                .put("stageCGuidance", settings.stageCGuidance().scale())
                .put("stageBSteps", settings.stageBTimesteps().steps())
                .put("stageBGuidance", settings.stageBGuidance().scale());
    }

    private static ObjectNode millis(Benchmark.Sample sample) {
        ObjectNode times = MAPPER.createObjectNode();
        for (CascadeStage stage : CascadeStage.values()) {
            times.put(stage.toString(), sample.millis(stage));
        }
        return times.put("together", sample.millis());
    }

    private static void copies(ObjectNode copies, Benchmark benchmark) {
        for (CascadeStage stage : CascadeStage.values()) {
            ObjectNode phases = copies.putObject(stage.toString());
            for (StagePhase phase : StagePhase.values()) {
                Transfers copied = benchmark.transfers().of(stage, phase);
                phases.putObject(phase.name().toLowerCase(Locale.ROOT))
                        .put("toDevice", copied.bytesToDevice())
                        .put("toHost", copied.bytesToHost());
            }
        }
    }

    private static void put(ObjectNode node, String name, OptionalLong value) {
        if (value.isPresent()) {
            node.put(name, value.getAsLong());
        } else {
            node.putNull(name);
        }
    }
}
