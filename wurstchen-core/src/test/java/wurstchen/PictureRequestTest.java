package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.progress.RequestListener;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;
import wurstchen.text.LongPrompts;

class PictureRequestTest {
    private static final PictureDefaults DEFAULTS =
            PictureDefaults.builder().size(1024, 512).stageC(60, 4.0f).stageB(12, 0.0f).build();
    private static final RequestListener LISTENER = step -> {};
    private static final Consumer<GeneratedPicture> CONSUMER = picture -> {};
    private static final Cancellation CANCELLATION = new Cancellation();

    private final PictureRequest.Builder builder = PictureRequest.builder("a");

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    private static PictureRequest.Builder everything() {
        return PictureRequest.builder("a")
                .negativePrompt("b")
                .seed(-1)
                .size(256, 384)
                .stageCTimesteps(Timesteps.stageCDefault())
                .stageCGuidance(8)
                .stageBSteps(2)
                .stageBGuidance(1.5f)
                .pictures(9)
                .batchSize(4)
                .deadline(Duration.ofSeconds(3))
                .listener(LISTENER)
                .consumer(CONSUMER)
                .cancellation(CANCELLATION);
    }

    @Test
    void nothingSet_isLeftToTheModel() {
        PictureRequest request = builder.build();

        assertThat(request.prompt()).isEqualTo("a");
        assertThat(request.negativePrompt()).isEmpty();
        assertThat(request.seed()).isEmpty();
        assertThat(request.width()).isEmpty();
        assertThat(request.height()).isEmpty();
        assertThat(request.stageCTimesteps()).isEmpty();
        assertThat(request.stageCGuidance()).isEmpty();
        assertThat(request.stageBTimesteps()).isEmpty();
        assertThat(request.stageBGuidance()).isEmpty();
        assertThat(request.pictures()).isEqualTo(1);
        assertThat(request.batchSize()).isEqualTo(1);
        assertThat(request.deadline()).isEmpty();
        assertThat(request.listener()).isEmpty();
        assertThat(request.consumer()).isEmpty();
        assertThat(request.cancellation()).isEmpty();
        assertThat(request).hasToString("PictureRequest[prompt=\"a\"]");
    }

    @Test
    void everythingSet_isThere() {
        PictureRequest request = everything().build();

        assertThat(request.prompt()).isEqualTo("a");
        assertThat(request.negativePrompt()).isEqualTo("b");
        assertThat(request.seed()).isEqualTo(OptionalLong.of(-1));
        assertThat(request.width()).isEqualTo(OptionalInt.of(256));
        assertThat(request.height()).isEqualTo(OptionalInt.of(384));
        assertThat(request.stageCTimesteps()).contains(Timesteps.stageCDefault());
        assertThat(request.stageCGuidance()).contains(new Guidance(8));
        assertThat(request.stageBTimesteps()).contains(Timesteps.uniform(2));
        assertThat(request.stageBGuidance()).contains(new Guidance(1.5f));
        assertThat(request.pictures()).isEqualTo(9);
        assertThat(request.batchSize()).isEqualTo(4);
        assertThat(request.deadline()).contains(Duration.ofSeconds(3));
        assertThat(request.listener()).containsSame(LISTENER);
        assertThat(request.consumer().orElseThrow()).isSameAs(CONSUMER);
        assertThat(request.cancellation()).containsSame(CANCELLATION);
        assertThat(request.toString())
                .startsWith("PictureRequest[prompt=\"a\", negativePrompt=\"b\", seed=-1, width=256, height=384, stageCTimesteps=Timesteps[1.0, ")
                .contains("], stageCGuidance=8.0, stageBSteps=2, stageBGuidance=1.5, pictures=9, batchSize=4, deadline=PT3S, listener=");
    }

    @Test
    void requestsOfEqualValues_areEqual() {
        assertThat(everything().build()).isEqualTo(everything().build()).hasSameHashCodeAs(everything().build());
        assertThat(builder.build()).isEqualTo(builder.build());
    }

    @Test
    void requestsThatDifferInAValue_differ() {
        PictureRequest request = everything().build();

        assertThat(everything().prompt("c").build()).isNotEqualTo(request);
        assertThat(everything().negativePrompt("c").build()).isNotEqualTo(request);
        assertThat(everything().seed(2).build()).isNotEqualTo(request);
        assertThat(everything().width(2).build()).isNotEqualTo(request);
        assertThat(everything().height(2).build()).isNotEqualTo(request);
        assertThat(everything().stageCSteps(29).build()).isNotEqualTo(request);
        assertThat(everything().stageCGuidance(2).build()).isNotEqualTo(request);
        assertThat(everything().stageBSteps(3).build()).isNotEqualTo(request);
        assertThat(everything().stageBGuidance(2).build()).isNotEqualTo(request);
        assertThat(everything().pictures(10).build()).isNotEqualTo(request);
        assertThat(everything().batchSize(3).build()).isNotEqualTo(request);
        assertThat(everything().deadline(Duration.ofSeconds(4)).build()).isNotEqualTo(request);
        assertThat(everything().listener(step -> {}).build()).isNotEqualTo(request);
        assertThat(everything().consumer(picture -> {}).build()).isNotEqualTo(request);
        assertThat(everything().cancellation(new Cancellation()).build()).isNotEqualTo(request);
    }

    @Test
    void toBuilder_startsWithEveryValueAndLeavesTheRequestAlone() {
        PictureRequest request = everything().build();

        assertThat(request.toBuilder().build()).isEqualTo(request);
        assertThat(request.toBuilder().prompt("c").build().prompt()).isEqualTo("c");
        assertThat(request.prompt()).isEqualTo("a");
    }

    @Test
    void builder_usedAgain_leavesTheBuiltRequestAlone() {
        PictureRequest request = builder.pictures(2).build();
        builder.pictures(9);
        assertThat(request.pictures()).isEqualTo(2);
    }

    @Test
    void settings_nothingSet_areTheModels() {
        PictureSettings settings = builder.seed(3).build().settings(DEFAULTS);

        assertThat(settings.prompt()).isEqualTo("a");
        assertThat(settings.negativePrompt()).isEmpty();
        assertThat(settings.seed()).isEqualTo(3);
        assertThat(settings.width()).isEqualTo(1024);
        assertThat(settings.height()).isEqualTo(512);
        assertThat(settings.stageCTimesteps()).isEqualTo(Timesteps.uniform(60));
        assertThat(settings.stageCGuidance()).isEqualTo(new Guidance(4));
        assertThat(settings.stageBTimesteps()).isEqualTo(Timesteps.uniform(12));
        assertThat(settings.stageBGuidance()).isEqualTo(new Guidance(0));
        assertThat(settings)
                .hasToString("PictureSettings[prompt=\"a\", seed=3, width=1024, height=512, stageCSteps=60, stageCGuidance=4.0,"
                        + " stageBSteps=12, stageBGuidance=0.0]");
    }

    @Test
    void settings_everythingSet_areTheRequests() {
        PictureSettings settings = everything().build().settings(DEFAULTS);

        assertThat(settings.toRequest())
                .isEqualTo(PictureRequest.builder("a")
                        .negativePrompt("b")
                        .seed(-1)
                        .size(256, 384)
                        .stageCTimesteps(Timesteps.stageCDefault())
                        .stageCGuidance(8)
                        .stageBSteps(2)
                        .stageBGuidance(1.5f)
                        .build());
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

    @Test
    void textValues_areThoseOfTheSetters() {
        PictureRequest request = builder.stageCGuidance(2)
                .values(Map.of(
                        "stage-c-timesteps", "1.0, 0.5, 0.0", "stage-c-steps", "7", "seed", "-1", "width", "256", "negative-prompt", "a dog",
                        "prompt-weights", "true", "long-prompts", "windows", "stage-b-steps", "3"))
                .build();

        assertThat(request)
                .isEqualTo(builder.stageCGuidance(2)
                        .stageCTimesteps(Timesteps.of(1, 0.5f, 0))
                        .seed(-1)
                        .width(256)
                        .negativePrompt("a dog")
                        .promptWeights(true)
                        .longPrompts(LongPrompts.WINDOWS)
                        .stageBSteps(3)
                        .build());
        assertThat(request.settings(FormulaStages.DEFAULTS).toText().keySet()).isSubsetOf(PictureRequest.valueNames());
    }

    @Test
    void textTimesteps_mayBeTheReferences() {
        assertThat(builder.values(Map.of("stage-c-timesteps", "reference")).build().stageCTimesteps()).hasValue(Timesteps.stageCDefault());
        assertThat(builder.values(Map.of("stage-c-timesteps", "1,0")).build().stageCTimesteps()).hasValue(Timesteps.uniform(1));
    }

    @Test
    void textSeeds_goTo64Bits() {
        assertThat(builder.values(Map.of("seed", "18446744073709551615")).build().seed()).hasValue(-1);
        assertThat(builder.values(Map.of("seed", "9223372036854775808")).build().seed()).hasValue(Long.MIN_VALUE);
        assertThat(builder.values(Map.of("seed", "-9223372036854775808")).build().seed()).hasValue(Long.MIN_VALUE);
        assertThat(builder.values(Map.of("seed", "+7")).build().seed()).hasValue(7);
    }

    @Test
    void textValues_thatAreUnknownOrMalformedOrOutOfRange_areRefused() {
        assertRefused(
                () -> builder.values(Map.of("stage-c-step", "1")),
                "unknown setting 'stage-c-step'; there are prompt, negative-prompt, seed, width, height, stage-c-steps, stage-c-timesteps,"
                        + " stage-c-guidance, stage-b-steps, stage-b-timesteps, stage-b-guidance, prompt-weights, long-prompts");
        assertRefused(() -> builder.values(Map.of("width", "wide")), "setting 'width' must be a whole number, got 'wide'");
        for (String seed : new String[] {"18446744073709551616", "-9223372036854775809", "\u0663", "--1", "1.0"}) {
            assertRefused(
                    () -> builder.values(Map.of("seed", seed)),
                    "setting 'seed' must be a whole number from -2^63 to 2^64 - 1, got '" + seed + "'");
        }
        assertRefused(() -> builder.values(Map.of("width", "\u0663")), "setting 'width' must be a whole number, got '\u0663'");
        assertRefused(() -> builder.values(Map.of("width", "0")), "width must be at least 1, got 0");
        assertRefused(
                () -> builder.values(Map.of("long-prompts", "shorten")), "setting 'long-prompts' must be cut, refuse or windows, got 'shorten'");
    }
}
