package wurstchen.examples.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.StageProgress;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

final class JobProgressTest {
    private final PrintStream standardError = System.err;
    private final ByteArrayOutputStream bar = new ByteArrayOutputStream();
    private final StringWriter lines = new StringWriter();
    private final AtomicLong nanos = new AtomicLong();

    @BeforeEach
    void capture() {
        System.setErr(new PrintStream(bar, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setErr(standardError);
    }

    /** Two requests of two stages; a second for each step. */
    private void job(Terminal terminal, int width) {
        try (JobProgress progress = new JobProgress(terminal, new PrintWriter(lines), "making", 2, width, nanos::get)) {
            for (int request = 0; request < 2; request++) {
                request(progress);
                progress.requestDone();
            }
        }
    }

    private void request(JobProgress progress) {
        for (CascadeStage stage : new CascadeStage[] {CascadeStage.STAGE_C, CascadeStage.STAGE_B}) {
            double before = stage == CascadeStage.STAGE_C ? 0 : 0.5;
            progress.onStageStarted(StageProgress.of(stage, 0, 1, before));
            for (int step = 1; step <= 10; step++) {
                nanos.addAndGet(1_000_000_000L);
                Latents latents = Latents.onHost(new LatentShape(1, 1, 1, 1), new float[1]);
                progress.onStep(CompletedStep.of(StageProgress.of(stage, 0, 1, before + step / 20.0), step, 10, latents));
            }
            progress.onStageFinished(StageProgress.of(stage, 0, 1, before + 0.5));
        }
    }

    private String[] drawn() {
        return bar.toString(StandardCharsets.UTF_8).split("[\r\n]");
    }

    @Test
    void watchedTerminal_getsABarForTheWholeJob() {
        job(Terminal.WATCHED, 200);

        assertThat(drawn())
                .anyMatch(line -> line.startsWith("loading"))
                .anyMatch(line -> line.matches("making 100% \\[.*Stage B of picture 2 of 2.*"));
        assertThat(lines.toString()).isEmpty();
    }

    @Test
    void bar_fitsANarrowTerminal() {
        job(Terminal.WATCHED, 24);

        assertThat(drawn()).anyMatch(line -> line.startsWith("making")).allMatch(line -> line.length() <= 24);
    }

    @Test
    void withoutATerminal_aLongJobGetsALineNowAndThen() {
        job(Terminal.QUIET, 0);

        assertThat(bar.size()).isZero();
        assertThat(lines.toString())
                .isEqualToNormalizingNewlines("wurstchen: 37.5 % after 15 s, in Stage B of picture 1 of 2\n"
                        + "wurstchen: 75.0 % after 30 s, in Stage C of picture 2 of 2\n");
    }

    @Test
    void withoutATerminal_aShortJobGetsNothing() {
        try (JobProgress progress = new JobProgress(Terminal.QUIET, new PrintWriter(lines), "making", 2, 0, () -> 0)) {
            request(progress);
        }

        assertThat(lines.toString()).isEmpty();
    }

    @Test
    void widthOfATerminal_isAtLeastTwenty() {
        assertThat(Terminal.widthOf(Optional.of("132"))).isEqualTo(132);
        assertThat(Terminal.widthOf(Optional.of("7"))).isEqualTo(20);
        assertThat(Terminal.widthOf(Optional.of("wide"))).isEqualTo(80);
        assertThat(Terminal.widthOf(Optional.empty())).isEqualTo(80);
    }
}
