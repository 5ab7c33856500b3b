package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.stage.LatentGeometry;

class RequestMemoryTest {
    private final FormulaStages stages = new FormulaStages();

    @Test
    void batchThatFitsNoArray_isRefusedBeforeAnythingIsComputed() {
        PictureRequest request = PictureRequest.builder("a").size(4096, 4096).pictures(512).batchSize(512).build();
        try (Wurstchen wurstchen = stages.pipeline().build()) {
            assertThatThrownBy(() -> wurstchen.generate(request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("512 pictures of 4096 x 4096 px at a time need ");
            assertThat(stages.calls()).isEmpty();
        }
    }

    @Test
    void moreMemoryThanAllowed_isRefused_alsoAsAFuture() {
        PictureRequest request = PictureRequest.builder("a").size(1024, 1024).pictures(8).batchSize(2).build();
        String message = "8 pictures of 1024 x 1024 px, 2 at a time, need 87 MB for noise, latents and pixels, and a request may have 50 MB;"
                + " set a smaller batch size or size, let a consumer take the pictures, or allow more with maxMemory";
        try (Wurstchen wurstchen = stages.pipeline().maxMemory(50_000_000).build()) {
            assertThatThrownBy(() -> wurstchen.generate(request)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
            assertThatThrownBy(() -> wurstchen.generateAsync(request)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
            assertThat(wurstchen.waitingRequests()).isZero();
            assertThat(wurstchen.generate(PictureRequest.builder("a").build()).pictures()).hasSize(1);
        }
    }

    @Test
    void consumer_makesPicturesThatAreNotKeptCountNoMore() {
        PictureRequest request = PictureRequest.builder("a").size(1024, 1024).pictures(3).build();
        try (Wurstchen wurstchen = stages.pipeline().maxMemory(35_000_000).build()) {
            assertThatThrownBy(() -> wurstchen.generate(request)).isInstanceOf(IllegalArgumentException.class);
            int[] taken = new int[1];
            wurstchen.generate(request.toBuilder().consumer(picture -> taken[0]++).build());
            assertThat(taken[0]).isEqualTo(3);
        }
    }

    /** As of a hostile manifest: every number is in its range, the latents of one picture are not. */
    @Test
    void channelsBeyondReason_areRefused() {
        LatentGeometry many = new LatentGeometry(1, 1, 4096, 4096, 1, 1);
        try (Wurstchen wurstchen = stages.pipeline().geometry(many).build()) {
            assertThatThrownBy(() -> wurstchen.generate(PictureRequest.builder("a").size(4096, 4096).build()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("need an array of 68719476736 values");
            assertThatThrownBy(() -> wurstchen.generate(PictureRequest.builder("a").size(512, 512).build()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("need 42957 MB for noise, latents and pixels, and a request may have 8590 MB");
        }
    }

    @Test
    void limitBelowOneByte_isRefused() {
        assertThatThrownBy(() -> stages.pipeline().maxMemory(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the memory of a request must be at least 1 byte, got 0");
    }
}
