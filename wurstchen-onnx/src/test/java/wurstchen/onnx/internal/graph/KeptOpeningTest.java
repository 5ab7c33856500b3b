package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.onnx.BundleCopy;
import wurstchen.onnx.Golden;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.IdentityGraph;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.bundle.KeptGraphs;
import wurstchen.onnx.internal.bundle.Resources;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.FakeHost;

class KeptOpeningTest {
    private static final String GRAPH = GraphSpec.TEXT_ENCODER_C;

    @TempDir
    private Path folder;

    private final OnnxEngine engine = OnnxEngine.open(new CpuProvider(1));
    private FakeHost fake;
    private VerifiedBundle bundle;

    @BeforeEach
    void cache() {
        fake = new FakeHost(folder).property(CacheFolder.PROPERTY, folder.resolve("cache"));
        bundle = VerifiedBundle.open(Golden.BUNDLE);
    }

    @AfterEach
    void close() {
        engine.release();
    }

    private Optional<KeptGraphs> kept() {
        return KeptGraphs.of(bundle, engine.provider().graphForm().orElseThrow(), fake.host());
    }

    private Path place() {
        return kept().orElseThrow().find(GRAPH + ".onnx").orElseThrow().folder().orElseThrow();
    }

    /** What the text encoder makes of a row of tokens. */
    private float[] encode(Optional<KeptGraphs> kept) {
        GraphSpec spec = bundle.manifest().graphs().get(GRAPH);
        long[] tokens = new long[77];
        Arrays.setAll(tokens, i -> i);
        long[] mask = new long[77];
        Arrays.fill(mask, 1);
        try (BoundSession session = new KeptOpening(bundle, kept, engine, spec).open();
                Tensor ids = engine.upload(tokens, 1, 77);
                Tensor attention = engine.upload(mask, 1, 77);
                GraphOutputs outputs = session.run(ImmutableMap.of("input_ids", ids, "attention_mask", attention), ImmutableMap.of())) {
            return engine.readFloats(outputs.tensors().values().iterator().next());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-bundle", "tiny-bundle-int8"})
    void keptGraph_computesTheSameBits(String name) {
        bundle = VerifiedBundle.open(Golden.BUNDLE.resolveSibling(name));
        float[] expected = encode(Optional.empty());

        assertThat(encode(kept())).isEqualTo(expected);
        assertThat(place()).isNotEmptyDirectory();
        assertThat(encode(kept())).isEqualTo(expected);
    }

    @Test
    void keptGraphOfAClassPath_computesTheSameBits() {
        float[] expected = encode(Optional.empty());
        bundle = VerifiedBundle.openResource(Resources.of(KeptOpeningTest.class), "tiny-bundle");

        assertThat(encode(kept())).isEqualTo(expected);
        assertThat(encode(kept())).isEqualTo(expected);
    }

    @Test
    void keptGraph_isOpenedWithoutReadingTheBundle() throws IOException {
        BundleCopy copy = BundleCopy.in(folder);
        bundle = VerifiedBundle.open(copy.folder());
        float[] expected = encode(kept());
        Files.delete(copy.file(GRAPH + ".onnx"));
        Files.delete(copy.file(GRAPH + ".onnx.data"));

        assertThat(encode(kept())).isEqualTo(expected);
    }

    @Test
    void closedBundle_isRefused() {
        encode(kept());
        bundle.close();

        assertThatThrownBy(() -> encode(kept()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this ModelBundle is closed: open a new one");
    }

    @Test
    void keptGraphThatCannotBeOpened_isMadeAgain() throws IOException {
        float[] expected = encode(kept());
        // A model with a graph and nothing else.
        replaceKept(new byte[] {7 << 3 | 2, 0});

        assertThat(encode(kept())).isEqualTo(expected);
        assertThat(Files.size(place().resolve("model.onnx"))).isGreaterThan(2);
    }

    @Test
    void keptGraphThatIsAnotherOne_isMadeAgain() throws IOException {
        float[] expected = encode(kept());
        replaceKept(IdentityGraph.model());

        assertThat(encode(kept())).isEqualTo(expected);
    }

    /** As a program would that keeps something else. */
    private void replaceKept(byte[] model) throws IOException {
        KeptGraphs graphs = kept().orElseThrow();
        graphs.delete(GRAPH + ".onnx");
        Path file = graphs.begin().orElseThrow();
        Files.write(file, model);
        graphs.keep(GRAPH + ".onnx", file);
        assertThat(graphs.find(GRAPH + ".onnx")).isPresent();
    }

    @Test
    void graphThatCannotBeKept_isOpened() throws IOException {
        float[] expected = encode(Optional.empty());
        Files.createDirectories(folder.resolve("cache"));
        Files.writeString(folder.resolve("cache/graphs"), "a file");

        assertThat(encode(kept())).isEqualTo(expected);
    }
}
