package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.StageCLatents;

/** Stage C latents as the end of a request, as the beginning of another, and as files. */
class StageCLatentsTest {
    private static final LatentShape SHAPE = new LatentShape(1, 2, 1, 2);

    private final FormulaStages stages = new FormulaStages();
    private final Wurstchen wurstchen = stages.pipeline().build();

    private static PictureRequest.Builder request() {
        return PictureRequest.builder("ab").seed(7).stageCSteps(5);
    }

    private List<StageCLatents> stopped(PictureRequest.Builder request) {
        PictureResult result = wurstchen.generate(request.stopAfter(CascadeStage.STAGE_C).build());
        assertThat(result.pictures()).isEmpty();
        assertThat(result.finishedPictures()).isEqualTo(result.stageCLatents().size());
        return result.stageCLatents();
    }

    private Picture made(PictureRequest.Builder request) {
        return wurstchen.generate(request.build()).first().picture();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void stoppedAndStartedAgain_isThePicture_bitForBit(int batch) {
        List<StageCLatents> latents = stopped(request().pictures(3).batchSize(batch));
        assertThat(stages.calls()).as("no text for Stage B").containsOnlyOnce("encode 2").doesNotContain("encode 1");
        for (int i = 0; i < 3; i++) {
            stages.clearCalls();
            Picture made = made(request().seed(7 + i).startFrom(latents.get(i)));
            assertThat(stages.calls())
                    .containsExactly("encode 1", "start B [1, 4, 32, 64] from [1, 16, 3, 6]", "decode [1, 4, 32, 64]");
            assertThat(made).isEqualTo(made(request().seed(7 + i)));
        }
    }

    @Test
    void latents_knowHowTheyWereMade() {
        StageCLatents latents = stopped(request().pictures(2)).get(1);
        assertThat(latents.notes()).containsEntry("model-sha256", "f".repeat(64));
        PictureSettings settings = PictureSettings.fromText(latents.notes());
        assertThat(settings).isEqualTo(request().seed(8).build().settings(FormulaStages.DEFAULTS));
        assertThat(made(settings.toRequest().toBuilder().startFrom(latents))).isEqualTo(made(request().seed(8)));
    }

    @Test
    void interruptedRequest_isResumedFromEveryStep() {
        List<StageCLatents> saved = new ArrayList<>();
        Picture expected = made(request().pictures(1).listener(step -> {
            if (step.stage() == CascadeStage.STAGE_C) {
                saved.add(StageCLatents.copyOf(step.latents(), 0, step.steps() - step.step()));
            }
        }));
        assertThat(saved).hasSize(5);
        for (StageCLatents latents : saved) {
            assertThat(made(request().startFrom(latents))).as("%s", latents).isEqualTo(expected);
        }
    }

    @Test
    void interruptedRequestWithAPictureAndAMask_isResumed() {
        Picture picture = made(request().seed(1));
        Picture mask = made(request().seed(2));
        PictureRequest.Builder request = request().image(picture).mask(mask).strength(0.7f);
        List<StageCLatents> saved = new ArrayList<>();
        Picture expected = made(request.listener(step -> {
            if (step.stage() == CascadeStage.STAGE_C) {
                saved.add(StageCLatents.copyOf(step.latents(), 0, step.steps() - step.step()));
            }
        }));
        assertThat(saved).hasSize(4);
        for (StageCLatents latents : saved) {
            assertThat(made(request.listener(step -> {}).startFrom(latents))).as("%s", latents).isEqualTo(expected);
        }
    }

    @Test
    void otherStageBSettings_keepStageC() {
        StageCLatents latents = stopped(request()).get(0);
        Picture made = made(request().stageBSteps(4).startFrom(latents));
        assertThat(made).isEqualTo(made(request().stageBSteps(4)));
    }

    @Test
    void progress_goesFromZeroToOne() {
        StageCLatents latents = stopped(request()).get(0);
        assertProgress(request().startFrom(latents), "Text Stage B Stage A");
        assertProgress(request().stopAfter(CascadeStage.STAGE_C).pictures(2), "Text Stage C Stage C");
        assertProgress(request().image(made(request())).strength(0.3f), "Text Stage C Stage B Stage A");
        assertProgress(request().image(made(request())).strength(0), "Text Stage B Stage A");
    }

    private void assertProgress(PictureRequest.Builder request, String expectedStages) {
        List<Double> progress = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        wurstchen.generate(request.listener(new RequestListener() {
                    @Override
                    public void onStep(CompletedStep step) {
                        progress.add(step.progress());
                    }

                    @Override
                    public void onStageStarted(StageProgress stage) {
                        seen.add(stage.stage().toString());
                        progress.add(stage.progress());
                    }

                    @Override
                    public void onStageFinished(StageProgress stage) {
                        progress.add(stage.progress());
                    }
                })
                .build());
        assertThat(String.join(" ", seen)).isEqualTo(expectedStages);
        assertThat(progress).isSorted().startsWith(0.0).endsWith(1.0);
    }

    @Test
    void latentsThatDoNotFit_areRefused() {
        StageCLatents latents = stopped(request()).get(0);
        assertRefused(
                request().size(128, 128).startFrom(latents),
                "pictures of 128 x 128 px need Stage C latents of shape [1, 16, 3, 3], got [1, 16, 3, 6]; set the size that they were made for");
        assertRefused(
                request().stageCSteps(3).startFrom(StageCLatents.of(latents.shape(), latents.toArray(), 4, Map.of())),
                "the latents to start from have 4 steps of Stage C left, the request has 3; use the settings that they were made with");
        assertRefused(
                request().startFrom(latents.withNotes(Map.of("model-sha256", "e".repeat(64)))),
                "the latents to start from were made by the model of SHA-256 " + "e".repeat(64) + ", this is formulas of SHA-256 "
                        + "f".repeat(64) + "; open the model that made them");
        GeneratedPicture made = wurstchen.generate(request().startFrom(latents).build()).first();
        assertThat(made.settings().toText()).containsEntry("start-from-sha256", latents.sha256());
        assertRefused(
                PictureSettings.fromText(made.settings().toText()).toRequest().toBuilder(),
                "settings name Stage C latents by its SHA-256 " + latents.sha256() + " but do not hold it: set it with startFrom(...)");
    }

    private void assertRefused(PictureRequest.Builder request, String message) {
        assertThatThrownBy(() -> wurstchen.generate(request.build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void resultWithoutPictures_saysWhy() {
        PictureResult result = wurstchen.generate(request().stopAfter(CascadeStage.STAGE_C).build());
        assertThatThrownBy(result::first)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the request ended with Stage C: take its latents with stageCLatents()");
    }

    @Test
    void file_comesBack(@TempDir Path folder) {
        Path file = folder.resolve("apple.safetensors");
        StageCLatents latents = stopped(request().pictures(2)).get(1);
        latents.write(file);
        assertThat(StageCLatents.read(file)).isEqualTo(latents);

        StageCLatents unfinished = StageCLatents.of(SHAPE, new float[] {1, -2, Float.MIN_VALUE, 1e30f}, 12, Map.of("a", "ü\n\"}"));
        unfinished.write(file);
        assertThat(StageCLatents.read(file)).isEqualTo(unfinished);
        assertThat(unfinished.toString()).isEqualTo("StageCLatents[[1, 2, 1, 2], 12 steps left]");
    }

    /** Byte for byte as the safetensors library of Python writes it: length, header padded to 8 bytes, values. */
    @Test
    void file_isSafetensors() {
        byte[] bytes = StageCLatents.of(SHAPE, new float[] {1, 2, 3, 4}, 0, Map.of()).toBytes();
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) file.getLong();
        assertThat(header % 8).isZero();
        assertThat(new String(bytes, 8, header, StandardCharsets.UTF_8).trim())
                .isEqualTo("{\"__metadata__\":{\"steps-left\":\"0\"},"
                        + "\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[1,2,1,2],\"data_offsets\":[0,16]}}");
        file.position(8 + header);
        assertThat(List.of(file.getFloat(), file.getFloat(), file.getFloat(), file.getFloat())).containsExactly(1f, 2f, 3f, 4f);
        assertThat(file.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{}| there is no tensor stage_c_latents, found only []",
        "[1]| no safetensors file: the header is no object",
        "{\"a\"| no safetensors file: the header is no JSON",
        "{\"a\":1, \"a\":2}| no safetensors file: the header is no JSON",
        "{\"stage_c_latents\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}| tensor stage_c_latents must be F32, got \"F16\"",
        "{\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}| stage_c_latents needs 4 axes, got [2]",
        "{\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[1,1,1,5],\"data_offsets\":[0,20]}}"
                + "| tensor stage_c_latents of shape [1,1,1,5] lies outside the file, or not in its own length: [0,20]",
        "{\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[65536,65536,65536,65536],\"data_offsets\":[0,16]}}"
                + "| tensor stage_c_latents of shape [65536,65536,65536,65536] lies outside the file, or not in its own length: [0,16]",
        "{\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[1,1,1,4],\"data_offsets\":[-16,0]}}"
                + "| tensor stage_c_latents of shape [1,1,1,4] lies outside the file, or not in its own length: [-16,0]",
        "{\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[1,1,0,4],\"data_offsets\":[0,0]}}"
                + "| tensor stage_c_latents has the shape [1,1,0,4]",
        "{\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[2,1,1,2],\"data_offsets\":[0,16]}}"
                + "| Stage C latents are of one picture, got shape [2, 1, 1, 2]",
        "{\"__metadata__\":{\"steps-left\":\"-1\"},\"stage_c_latents\":{\"dtype\":\"F32\",\"shape\":[1,1,1,4],\"data_offsets\":[0,16]}}"
                + "| steps-left must be a whole number, got '-1'"
    })
    void badFiles_areRefused(String header, String message, @TempDir Path folder) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("bad");
        Files.write(
                file,
                ByteBuffer.allocate(8 + json.length + 16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .put(json)
                        .array());
        assertThatThrownBy(() -> StageCLatents.read(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read Stage C latents from " + file + ": " + message);
    }

    @Test
    void cutFiles_areRefused(@TempDir Path folder) throws IOException {
        byte[] whole = StageCLatents.of(SHAPE, new float[] {1, 2, 3, 4}, 0, Map.of()).toBytes();
        Path file = folder.resolve("cut");
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> StageCLatents.read(file)).isInstanceOf(WurstchenException.class);
        }
        Files.write(file, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(Long.MAX_VALUE).array());
        assertThatThrownBy(() -> StageCLatents.read(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot read Stage C latents from " + file
                        + ": no safetensors file: a header of 9223372036854775807 bytes in a file of 16");
    }

    private static Latents batch() {
        return Latents.onHost(new LatentShape(2, 1, 1, 1), new float[2]);
    }

    @Test
    void badValues_areRefused() {
        assertThatThrownBy(() -> StageCLatents.of(SHAPE, new float[] {1, 2, Float.NaN, 4}, 0, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Stage C latents must be finite, got NaN");
        assertThatThrownBy(() -> StageCLatents.of(SHAPE, new float[3], 0, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("latents of shape [1, 2, 1, 2] need 4 values, got 3");
        assertThatThrownBy(() -> StageCLatents.of(SHAPE, new float[4], -1, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("steps left must be at least 0, got -1");
        assertThatThrownBy(() -> StageCLatents.copyOf(batch(), 2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
