package wurstchen.onnx.process.soak;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.ModelInTheBox;
import wurstchen.onnx.process.ChildJvm;

/** A service for a minute; {@code mvn -Psoak} runs it for 20. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory and files of a process are known on Linux only")
class SoakTest {
    private static final int SECONDS = Integer.getInteger("soak.seconds", 60);

    private static final String ALLOWED_HEAP_MEGABYTES = "16";
    private static final String ALLOWED_RESIDENT_MEGABYTES = "64";

    @TempDir
    private Path folder;

    @Test
    void service_givesTheSameBitsAndLeavesNothing() throws Exception {
        ImmutableList<String> output = new ChildJvm(
                        folder,
                        SoakProgram.class,
                        ModelInTheBox.FOLDER.toString(),
                        Path.of("../docs/gallery/01.png").toString(),
                        Integer.toString(SECONDS),
                        Integer.toString(Math.max(8, SECONDS / 60)),
                        ALLOWED_HEAP_MEGABYTES,
                        ALLOWED_RESIDENT_MEGABYTES)
                .hangsAfter(Duration.ofSeconds(SECONDS).plusMinutes(10))
                .exits(0);

        output.forEach(System.out::println);
        assertThat(output).anyMatch(line -> line.matches("outcomes: \\{cancelled=\\d+, closed=\\d+, deadline=\\d+, .*picture=\\d+.*"));
        assertThat(output).anyMatch(line -> line.matches("grew after warming up: heap -?\\d+ MB, resident -?\\d+ MB"));
    }
}
