package wurstchen.examples.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.StageProgress;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

final class StepProgressTest {
    private final PrintStream standardError = System.err;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void capture() {
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setErr(standardError);
    }

    private static void twoStages(Terminal terminal, int width) {
        try (StepProgress progress = new StepProgress(terminal, width)) {
            for (CascadeStage stage : new CascadeStage[] {CascadeStage.STAGE_C, CascadeStage.STAGE_B}) {
                for (int step = 1; step <= 3; step++) {
                    Latents latents = Latents.onHost(new LatentShape(1, 1, 1, 1), new float[1]);
                    progress.onStep(CompletedStep.of(StageProgress.of(stage, 0, 1, 0.5), step, 3, latents));
                }
            }
        }
    }

    @Test
    void watchedTerminal_getsABarForEachStage() {
        twoStages(Terminal.WATCHED, 200);

        assertThat(printed.toString(StandardCharsets.UTF_8)).containsSubsequence("Stage C 100% [", "3/3", "Stage B 100% [", "3/3");
    }

    @Test
    void bar_fitsANarrowTerminal() {
        twoStages(Terminal.WATCHED, 24);

        assertThat(printed.toString(StandardCharsets.UTF_8).split("[\r\n]")).anyMatch(line -> line.startsWith("Stage C"))
                .allMatch(line -> line.length() <= 24);
    }

    @Test
    void widthOfATerminal_isAtLeastTwenty() {
        assertThat(Terminal.widthOf(Optional.of("132"))).isEqualTo(132);
        assertThat(Terminal.widthOf(Optional.of("7"))).isEqualTo(20);
        assertThat(Terminal.widthOf(Optional.of("wide"))).isEqualTo(80);
        assertThat(Terminal.widthOf(Optional.empty())).isEqualTo(80);
    }

    @Test
    void quietTerminal_getsNothing() {
        twoStages(Terminal.QUIET, 80);

        assertThat(printed.size()).isZero();
    }
}
