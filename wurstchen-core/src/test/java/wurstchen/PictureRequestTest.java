package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;

class PictureRequestTest {
    private static final PictureDefaults DEFAULTS = new PictureDefaults(1024, 512, 60, 4.0f, 12, 0.0f);

    private final PictureRequest.Builder builder = PictureRequest.builder("a");

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void settings_nothingSet_areTheModels() {
        PictureSettings settings = builder.seed(3).build().settings(DEFAULTS);
        assertThat(settings)
                .isEqualTo(new PictureSettings(
                        "a", "", 3, 1024, 512, Timesteps.uniform(60), new Guidance(4), Timesteps.uniform(12), new Guidance(0)));
    }

    @Test
    void settings_everythingSet_areTheRequests() {
        PictureSettings settings = builder.negativePrompt("b")
                .seed(-1)
                .size(256, 384)
                .stageCTimesteps(Timesteps.stageCDefault())
                .stageCGuidance(8)
                .stageBSteps(2)
                .stageBGuidance(1.5f)
                .build()
                .settings(DEFAULTS);
        assertThat(settings)
                .isEqualTo(new PictureSettings(
                        "a", "b", -1, 256, 384, Timesteps.stageCDefault(), new Guidance(8), Timesteps.uniform(2), new Guidance(1.5f)));
        assertThat(settings.toText())
                .containsEntry("prompt", "a")
                .containsEntry("negative-prompt", "b")
                .containsEntry("seed", "-1")
                .containsEntry("stage-c-steps", "29")
                .containsEntry("stage-b-guidance", "1.5");
    }

    @Test
    void builder_usedAgain_leavesTheBuiltRequestAlone() {
        PictureRequest request = builder.pictures(2).build();
        builder.pictures(9);
        assertThat(request.pictures()).isEqualTo(2);
    }

    @Test
    void batchSize_moreThanPictures_countsAsAll() {
        assertThat(builder.pictures(3).batchSize(8).build().batchSize()).isEqualTo(3);
    }

    @Test
    void values_outOfRange_areRefusedWhereTheyAreSet() {
        assertRefused(() -> builder.stageCSteps(0), "stage C steps must be 1 to 1000, got 0");
        assertRefused(() -> builder.stageBSteps(1001), "stage B steps must be 1 to 1000, got 1001");
        assertRefused(() -> builder.width(0), "width must be at least 1, got 0");
        assertRefused(() -> builder.height(-1), "height must be at least 1, got -1");
        assertRefused(() -> builder.pictures(0), "pictures must be 1 to 10000, got 0");
        assertRefused(() -> builder.batchSize(0), "batch size must be at least 1, got 0");
        assertRefused(
                () -> builder.stageCGuidance(Float.NaN),
                "guidance scale must be a finite number, got NaN; 4 is usual, and 1 or below turns guidance off");
        assertRefused(
                () -> builder.stageBGuidance(Float.POSITIVE_INFINITY),
                "guidance scale must be a finite number, got Infinity; 4 is usual, and 1 or below turns guidance off");
    }
}
