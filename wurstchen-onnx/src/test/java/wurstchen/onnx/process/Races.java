package wurstchen.onnx.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.time.Duration;

/** Starts a {@link RaceProgram}. */
final class Races {
    /** Another one for other moments; it does not decide all of them, threads do the rest. */
    private static final long SEED = Long.getLong("races.seed", 1);

    private static final String ALLOWED_MEGABYTES = "50";

    /** Ten thousand take a quarter of an hour on two processors; a single one that hangs ends the program itself. */
    private static final Duration HANGS_AFTER = Duration.ofHours(2);

    private Races() {}

    /** Fails if the program crashes, hangs or leaks. {@code kinds}: the memories that it must have measured. */
    static void run(Path folder, String device, int races, String... kinds) throws Exception {
        ImmutableList<String> output = new ChildJvm(
                        folder, RaceProgram.class, device, Integer.toString(races), Long.toString(SEED), ALLOWED_MEGABYTES)
                .hangsAfter(HANGS_AFTER)
                .exits(0);

        output.forEach(System.out::println);
        for (String kind : kinds) {
            assertThat(output).anyMatch(line -> line.matches("races added \\d+ MB of " + kind));
        }
    }
}
