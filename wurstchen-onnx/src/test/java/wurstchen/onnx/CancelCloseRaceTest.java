package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Cancelling and closing at random moments of runs. {@code -Draces=10000} runs as many as that. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the memory of a process is known on Linux only")
class CancelCloseRaceTest {
    private static final int RACES = Integer.getInteger("races", 100);

    /** Another one for other moments; it does not decide all of them, threads do the rest. */
    private static final long SEED = Long.getLong("races.seed", 1);

    @TempDir
    private Path folder;

    @Test
    void cancelAndClose_neitherCrashNorHangNorLeak() throws Exception {
        ImmutableList<String> output =
                new ChildJvm(folder, RaceProgram.class, Integer.toString(RACES), Long.toString(SEED), "50").exits(0);

        output.forEach(System.out::println);
        assertThat(output.get(output.size() - 1)).matches("races added \\d+ MB");
    }
}
