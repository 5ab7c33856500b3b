package consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import wurstchen.PictureRequest;
import wurstchen.RequestFailedException;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;

/** Tests of a program that uses the library, with the fakes that it publishes. */
class PicturesTest {
    private final FormulaStages stages = new FormulaStages();

    @Test
    void fakes_makePicturesOfSeeds() {
        PictureRequest request = PictureRequest.builder("a").seed(7).build();
        try (Wurstchen wurstchen = stages.pipeline().build()) {
            assertEquals(wurstchen.generate(request).first(), wurstchen.generate(request).first());
            assertEquals(7, wurstchen.generate(request).first().settings().seed());
        }
    }

    @Test
    void failureOfAStage_canBeTested() {
        stages.failAtStep(2);
        try (Wurstchen wurstchen = stages.pipeline().build()) {
            RequestFailedException failure = assertThrows(RequestFailedException.class, () -> wurstchen.generate("a"));
            assertEquals("Stage C failed at step 2", failure.getMessage());
        }
    }
}
