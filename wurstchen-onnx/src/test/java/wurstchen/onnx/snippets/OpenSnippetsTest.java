package wurstchen.onnx.snippets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.MoreExecutors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxStages;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.pool.Pipelines;
import wurstchen.stage.StageC;
import wurstchen.text.TokenIds;

/** Models that are opened. */
class OpenSnippetsTest {
    private final Path model = Golden.BUNDLE;

    @TempDir
    private Path folder;

    @Test
    void open() {
        Path file = folder.resolve("apple.png");
        // @start region="open"
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(model).open()) {
            wurstchen.generate("a red apple").first().writePng(file);
        }
        // @end
        assertThat(file).exists();
    }

    @Test
    void service() {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        // @start region="service"
        Wurstchen wurstchen = OnnxWurstchen.builder()
                .model(model)
                .device(Device.cpu(4))
                .executor(threads) // for generateAsync
                .maxWaitingRequests(8) // one more is refused at once
                .open();
        // @end
        assertThat(wurstchen.generateAsync(Golden.named("negative").request().build()).join().pictures()).hasSize(1);
        wurstchen.close();
        threads.shutdown();
    }

    @Test
    void pipelines() {
        List<Device> devices = List.of(Device.cpu(1), Device.cpu(1));
        // @start region="pipelines"
        try (ModelBundle bundle = ModelBundle.open(model);
                Pipelines pipelines = Pipelines.over( // such as List.of(Device.cuda(0), Device.cuda(1))
                        devices, device -> OnnxWurstchen.builder().model(bundle).device(device).open())) {
            List<CompletableFuture<PictureResult>> results = Stream.of("a red apple", "a blue car", "a yellow star")
                    .map(prompt -> pipelines.generateAsync(PictureRequest.builder(prompt).seed(1).build()))
                    .toList();
            results.forEach(result -> result.join().first().writePng(folder.resolve(result.join().first().settings().prompt() + ".png")));
        }
        // @end
        try (Wurstchen one = OnnxWurstchen.builder().model(model).device(Device.cpu(1)).open()) {
            Picture expected = one.generate(PictureRequest.builder("a blue car").seed(1).build()).first().picture();
            assertThat(Png.read(folder.resolve("a blue car.png")).picture()).isEqualTo(expected);
            assertThat(folder.resolve("a yellow star.png")).exists();
        }
    }

    @Test
    void lowMemory() {
        // @start region="low-memory"
        Wurstchen wurstchen = OnnxWurstchen.builder().model(model).lowMemory(true).open();
        // @end
        assertThat(wurstchen.generate("a cat").pictures()).hasSize(1);
        wurstchen.close();
    }

    @Test
    void shutdown() throws Exception {
        ExecutorService requests = Executors.newFixedThreadPool(2);
        Wurstchen wurstchen = OnnxWurstchen.builder().model(model).executor(requests).open();
        // @start region="shutdown"
        Thread hook = new Thread(() -> {
            requests.shutdown(); // refuses new requests
            MoreExecutors.shutdownAndAwaitTermination(requests, Duration.ofSeconds(20)); // interrupts the last ones
            wurstchen.close();
        });
        Runtime.getRuntime().addShutdownHook(hook);
        // @end
        assertThat(Runtime.getRuntime().removeShutdownHook(hook)).isTrue();
        CompletableFuture<PictureResult> result = wurstchen.generateAsync(Golden.named("negative").request().build());
        hook.start();
        assertThat(result.join().pictures()).hasSize(1);
        hook.join();
        assertThatThrownBy(() -> wurstchen.generate("a cat"))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessage("this Wurstchen is closed: open a new one");
    }

    @Test
    void ownPart() {
        try (ModelBundle bundle = ModelBundle.open(model)) {
            StageC mine = OnnxStages.stageC(bundle, Device.cpu(1));
            // @start region="own-part"
            try (Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).stageC(mine).open()) {
                PictureResult result = wurstchen.generate("a red apple");
                System.out.println(result.transfers().total()); // what was copied for the parts of the model
            }
            // @end
        }
    }

    @Test
    void lentParts() {
        try (Wurstchen first = OnnxWurstchen.builder().model(model).open()) {
            // @start region="lent-part"
            Wurstchen second = OnnxWurstchen.builder()
                    .model(model)
                    .textEncoderC(first.parts().textEncoderC()) // not opened again, and not closed by the second one
                    .open();
            // @end
            assertThat(second.generate("a cat").pictures()).hasSize(1);
            second.close();
            assertThat(first.generate("a cat").pictures()).hasSize(1);
        }
    }

    @Test
    void tokenizer() {
        String prompt = "a red apple";
        // @start region="tokenizer"
        try (ModelBundle bundle = ModelBundle.open(model)) {
            TokenIds ids = bundle.tokenizerC().encode(prompt);
            if (ids.truncated()) {
                throw new IllegalArgumentException("the prompt is too long by " + ids.droppedTokens() + " tokens");
            }
        }
        // @end
    }
}
