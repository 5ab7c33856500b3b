package wurstchen.onnx.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import wurstchen.onnx.Golden;

/**
 * Starts {@link LeakProgram}s with the tiny model.
 *
 * @param folder where a crash leaves its report
 */
record Leaks(Path folder, String device) {
    private static final String SIZES = "128x128x1,256x128x2,128x256x1,256x256x3";

    private static final Duration HANGS_AFTER = Duration.ofMinutes(30);

    /** Fails if memory grows. {@code kinds}: the memories that must have been measured. */
    void assertNone(int pictures, int reloads, String... kinds) throws Exception {
        ImmutableList<String> output = program(pictures, reloads, LeakProgram.Plant.NOTHING).exits(0);

        output.forEach(System.out::println);
        for (String kind : kinds) {
            assertThat(output).anyMatch(line -> line.matches(pictures + " pictures added \\d+ MB of " + kind));
            assertThat(output).anyMatch(line -> line.matches(reloads + " reloads added \\d+ MB of " + kind));
        }
    }

    /**
     * Fails unless what is left open is noticed.
     *
     * @param what is said to have added memory
     */
    void assertCaught(LeakProgram.Plant plant, int pictures, int reloads, String what, String kind) throws Exception {
        ImmutableList<String> output = program(pictures, reloads, plant).exits(1);

        output.forEach(System.out::println);
        assertThat(output)
                .anyMatch(line -> line.matches("Exception in thread \"main\" java.lang.IllegalStateException: (.*; )?" + what
                        + " added \\d+ MB of " + kind + ", less than 50 are allowed(; .*)?"));
    }

    private ChildJvm program(int pictures, int reloads, LeakProgram.Plant plant) throws IOException {
        return new ChildJvm(
                        folder,
                        LeakProgram.class,
                        Golden.BUNDLE.toString(),
                        device,
                        SIZES,
                        Integer.toString(pictures),
                        Integer.toString(reloads),
                        plant.name())
                .hangsAfter(HANGS_AFTER);
    }
}
