package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is printed and written; how long anything takes is nothing that a test can know. */
final class BenchmarkCommandTest {
    private static final String MILLIS = "-?\\d+\\.\\d\\d";

    @TempDir
    private Path folder;

    private CommandRun benchmark(String... more) {
        List<String> args = new ArrayList<>(List.of("benchmark", "--model=" + CommandRun.TINY_BUNDLE, "--width=128", "--height=128"));
        args.addAll(List.of("--stage-c-steps=3", "--stage-b-steps=2"));
        if (Arrays.stream(more).noneMatch(arg -> arg.startsWith("--repeats="))) {
            args.add("--repeats=2");
        }
        args.addAll(List.of(more));
        return CommandRun.of(folder, args.toArray(String[]::new));
    }

    @Test
    void table_hasEveryStageAndEveryCopy() {
        CommandRun run = benchmark("--threads=1", "--pictures=3", "--batch-size=2");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines.get(0)).matches("hardware: .+");
        assertThat(lines.get(1)).matches("machine: {2}\\d+ processors, .+, .+, \\d{4}-\\d\\d-\\d\\d");
        assertThat(lines.get(2)).matches("engine: {3}ONNX Runtime \\S+, cpu \\(1 thread\\), inputs and outputs bound");
        assertThat(lines.get(3)).matches("model: {4}tiny, fp\\d\\d, weights stored as \\S+");
        assertThat(lines.get(4))
                .isEqualTo("request:  3 pictures, 2 at a time, 128 x 128 px; Stage C 3 steps, guidance 4.0; Stage B 2 steps, guidance 0.0");
        assertThat(lines.get(5)).matches("start: {4}\\d+ ms to read and verify the model, \\d+ ms to open its graphs");
        assertThat(lines.subList(7, 13))
                .satisfiesExactly(
                        line -> assertThat(line.split("\\s+"))
                                .containsExactly("ms", "first", "later", "fastest", "slowest", "a", "step", "first:later"),
                        line -> assertThat(line).matches("Text( +" + MILLIS + "){5}"),
                        line -> assertThat(line).matches("Stage C( +" + MILLIS + "){6}"),
                        line -> assertThat(line).matches("Stage B( +" + MILLIS + "){6}"),
                        line -> assertThat(line).matches("Stage A( +" + MILLIS + "){5}"),
                        line -> assertThat(line).matches("together( +" + MILLIS + "){5}"));
        assertThat(run.out())
                .containsPattern("\n\\d+\\.\\d\\d pictures per second, by the median of 2 later requests\n")
                .containsPattern("\nStage C +[1-9][\\d,]* \\+ 0 +0 \\+ 0 +0 \\+ [1-9]\\d*\n")
                .containsPattern("\nStage B +[1-9][\\d,]* \\+ 0 +0 \\+ 0 +0 \\+ [1-9]\\d*\n")
                // Three pictures of 3 x 128 x 128 levels, and of each of two batches whether all pixels are numbers, a float32.
                .containsPattern("\nStage A +0 \\+ 0 +0 \\+ 0 +0 \\+ 147,464\n")
                .containsPattern("\nGPU memory: {5}none, or not known\nprocess memory: {1,}.+");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void json_hasEveryNumberWithItsUnit() throws IOException {
        CommandRun run = benchmark("--json=b.json");

        assertThat(run.exitCode()).isZero();
        JsonNode json = new ObjectMapper().readTree(folder.resolve("b.json").toFile());
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly(
                        "date",
                        "machine",
                        "engine",
                        "lowMemory",
                        "model",
                        "request",
                        "startMillis",
                        "firstMillis",
                        "laterMillis",
                        "picturesPerSecond",
                        "copiedBytes",
                        "peakDeviceBytes",
                        "peakProcessBytes");
        assertThat(json.get("lowMemory").booleanValue()).isFalse();
        assertThat(json.get("request").toString())
                .isEqualTo("{\"prompt\":\"a red apple on a blue background\",\"seed\":1,\"images\":1,\"batchSize\":1,\"width\":128,"
                        + "\"height\":128,\"stageCSteps\":3,\"stageCGuidance\":4.0,\"stageBSteps\":2,\"stageBGuidance\":0.0}");
        assertThat(json.get("laterMillis")).hasSize(2);
        assertThat(json.get("laterMillis").get(1).fieldNames())
                .toIterable()
                .containsExactly("Text", "Stage C", "Stage B", "Stage A", "together");
        assertThat(json.at("/copiedBytes/Stage C/steps").toString()).isEqualTo("{\"toDevice\":0,\"toHost\":0}");
        assertThat(json.at("/copiedBytes/Stage A/after_steps").toString()).isEqualTo("{\"toDevice\":0,\"toHost\":49156}");
        assertThat(json.get("peakDeviceBytes").isNull()).isTrue();
    }

    @Test
    void lowMemory_isSaid() throws IOException {
        CommandRun run = benchmark("--low-memory", "--repeats=1", "--json=b.json");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines().toList().get(2)).endsWith(", inputs and outputs bound, low memory");
        assertThat(new ObjectMapper().readTree(folder.resolve("b.json").toFile()).get("lowMemory").booleanValue()).isTrue();
    }

    private void assertRefused(CommandRun run, String message) {
        assertThat(run.err()).isEqualToNormalizingNewlines("wurstchen: " + message + "\nsee: wurstchen benchmark --help\n");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void wrongValues_areRefused() {
        assertRefused(benchmark("--repeats=0"), "--repeats: must be 1 to 10000, got 0");
        assertRefused(benchmark("--threads=0"), "--threads: threads must be from 1 to 1024, got 0; as many as processors is usual");
        assertRefused(
                benchmark("--threads=1", "--device=cuda"), "--threads: these are the CPU's: leave the option out, or say --device cpu");
        assertRefused(
                benchmark("--json=missing/b.json"),
                "--json: cannot write " + folder.resolve("missing/b.json") + ": its folder is not there; create it, or name another");
        assertRefused(
                CommandRun.of(folder, "benchmark", "--model=" + CommandRun.TINY_BUNDLE, "--width=100"),
                "width must be a multiple of 128, at most 4096, got 100; nearest: 128");
    }

    @Test
    void gpuThatCannotBeUsed_isReported() {
        CommandRun run = benchmark("--device=cuda:999");

        assertThat(run.err()).startsWith("wurstchen: cuda:999 cannot be used:" + System.lineSeparator() + "  1. ");
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(1);
    }
}
