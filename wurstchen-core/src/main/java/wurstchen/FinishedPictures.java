package wurstchen;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.StageCLatents;

/** The finished pictures of a request: kept for its result, or handed to its consumer and counted. For the generating thread. */
final class FinishedPictures {
    private final Optional<Consumer<? super GeneratedPicture>> consumer;
    private final List<GeneratedPicture> kept = new ArrayList<>();
    private final List<StageCLatents> latents = new ArrayList<>();
    private final List<EncodedPrompt> encodedPrompts = new ArrayList<>();
    private int count;

    FinishedPictures(Optional<Consumer<? super GeneratedPicture>> consumer) {
        this.consumer = consumer;
    }

    /** Of a request that was not begun. */
    static FinishedPictures none() {
        return new FinishedPictures(Optional.empty());
    }

    void add(GeneratedPicture picture) {
        consumer.ifPresentOrElse(taker -> taker.accept(picture), () -> kept.add(picture));
        count++;
    }

    void add(StageCLatents one) {
        latents.add(one);
        count++;
    }

    void add(EncodedPrompt prompt) {
        encodedPrompts.add(prompt);
    }

    /** The hidden states of a request that ends with them. */
    List<EncodedPrompt> encodedPrompts() {
        return List.copyOf(encodedPrompts);
    }

    /** The Stage C latents of a request that ends with them. */
    List<StageCLatents> latents() {
        return List.copyOf(latents);
    }

    /** How many were finished. */
    int count() {
        return count;
    }

    /** Those that no consumer has taken. */
    List<GeneratedPicture> kept() {
        return List.copyOf(kept);
    }
}
