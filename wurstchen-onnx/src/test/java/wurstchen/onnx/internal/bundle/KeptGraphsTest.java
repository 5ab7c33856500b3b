package wurstchen.onnx.internal.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.Golden;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.FakeHost;

class KeptGraphsTest {
    private static final String GRAPH = "graphs/a.onnx";

    @TempDir
    private Path folder;

    private FakeHost fake;
    private Clock clock;
    private VerifiedBundle bundle;

    @BeforeEach
    void cache() {
        fake = new FakeHost(folder).property(CacheFolder.PROPERTY, folder.resolve("cache"));
        clock = Clock.systemUTC();
        bundle = VerifiedBundle.open(Golden.BUNDLE);
    }

    private KeptGraphs kept(String form) {
        return KeptGraphs.of(bundle, form, fake.host(), clock).orElseThrow();
    }

    private KeptGraphs kept() {
        return kept("form");
    }

    private static Path write(KeptGraphs kept, String model) throws IOException {
        Path file = kept.begin().orElseThrow();
        Files.write(file, model(model));
        Files.writeString(file.resolveSibling("model.onnx.data"), "weights of " + model);
        return file;
    }

    private Path keep(String model) throws IOException {
        KeptGraphs kept = kept();
        kept.keep(GRAPH, write(kept, model));
        return kept.find(GRAPH).orElseThrow().folder().orElseThrow();
    }

    /** The text that was given to {@link #write}. */
    private Optional<String> found() {
        return kept().find(GRAPH).map(file -> new String(file.model(), UTF_8).substring(2));
    }

    /** A model in which a producer's name is all there is. */
    private static byte[] model(String text) {
        return OnnxBytes.nested("2", text.getBytes(UTF_8));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatIsKept_isFoundAtTheNextStart() throws IOException {
        assertThat(found()).isEmpty();

        Path place = keep("one");

        assertThat(found()).contains("one");
        assertThat(names(place)).containsExactly("files", "model.onnx", "model.onnx.data");
        assertThat(place.resolve("model.onnx.data")).hasContent("weights of one");
        assertThat(names(place.getParent())).containsExactly("graphs_a.onnx");
        assertThat(kept().find("graphs/b.onnx")).isEmpty();
    }

    @Test
    void whatIsKeptForOneForm_isNotFoundForAnother() throws IOException {
        keep("one");

        assertThat(kept("other form").find(GRAPH)).isEmpty();
    }

    @Test
    void whatIsKeptForOneModel_isNotFoundForAnother() throws IOException {
        keep("one");
        bundle = VerifiedBundle.open(Golden.INT8_BUNDLE);

        assertThat(found()).isEmpty();
    }

    @Test
    void ofTwoProgramsAtATime_theFirstIsKept() throws IOException {
        KeptGraphs first = kept();
        KeptGraphs second = kept();
        Path one = write(first, "one");
        Path other = write(second, "other");

        first.keep(GRAPH, one);
        second.keep(GRAPH, other);

        assertThat(found()).contains("one");
        assertThat(other.getParent()).doesNotExist();
    }

    @Test
    void alteredWeights_areDeleted() throws IOException {
        Path place = keep("one");
        Files.writeString(place.resolve("model.onnx.data"), "WEIGHTS OF ONE");

        assertThat(found()).isEmpty();
        assertThat(place).doesNotExist();
    }

    @Test
    void cutOffModel_isDeleted() throws IOException {
        Path place = keep("one");
        Files.writeString(place.resolve("model.onnx"), "on");

        assertThat(found()).isEmpty();
        assertThat(place).doesNotExist();
    }

    @Test
    void missingFiles_areDeleted() throws IOException {
        for (String name : List.of("files", "model.onnx", "model.onnx.data")) {
            Path place = keep("one");
            Files.delete(place.resolve(name));

            assertThat(found()).as(name).isEmpty();
            assertThat(place).as(name).doesNotExist();
        }
    }

    @Test
    void damagedList_isDeleted() throws IOException {
        Path place = keep("one");
        Files.writeString(place.resolve("files"), "../model.onnx\n");

        assertThat(found()).isEmpty();
        assertThat(place).doesNotExist();
    }

    @Test
    void linkInThePlaceOfAFile_isNotFollowed() throws IOException {
        Path place = keep("one");
        Path outside = Files.move(place.resolve("model.onnx"), folder.resolve("outside"));
        Files.createSymbolicLink(place.resolve("model.onnx"), outside);

        assertThat(found()).isEmpty();
        assertThat(outside).hasBinaryContent(model("one"));
    }

    @Test
    void weightsElsewhere_areNotRead() throws IOException {
        KeptGraphs kept = kept();
        Path file = write(kept, "one");
        Files.write(file, OnnxBytes.nested("7 5", OnnxBytes.externalData(Map.of("location", "../other.data"))));

        kept.keep(GRAPH, file);

        assertThat(found()).isEmpty();
    }

    @Test
    void whatIsDropped_leavesNothing() throws IOException {
        Path file = write(kept(), "one");

        kept().drop(file);

        assertThat(found()).isEmpty();
        assertThat(names(file.getParent().getParent())).isEmpty();
    }

    @Test
    void graphThatIsTooLarge_isNotKept() throws IOException {
        KeptGraphs kept = kept();
        Path file = write(kept, "one");
        try (RandomAccessFile weights = new RandomAccessFile(file.resolveSibling("model.onnx.data").toFile(), "rw")) {
            weights.setLength((512L << 20) + 1); // Takes no room on the disk.
        }

        kept.keep(GRAPH, file);

        assertThat(found()).isEmpty();
        assertThat(file.getParent()).doesNotExist();
    }

    @Test
    void whatAKilledProgramLeft_isDeletedLater() throws IOException {
        Path abandoned = write(kept(), "one").getParent();
        kept().begin();
        assertThat(abandoned).exists();
        Files.setLastModifiedTime(abandoned, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

        kept().begin();

        assertThat(abandoned).doesNotExist();
    }

    @Test
    void setsThatWereNotUsedForLongest_areDeleted() throws IOException {
        for (int i = 0; i < 6; i++) {
            KeptGraphs kept = kept("form " + i);
            kept.keep(GRAPH, write(kept, "model " + i));
            clock = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z").plusSeconds(i), ZoneOffset.UTC);
            kept("form " + i).find(GRAPH);
            kept("form 0").find(GRAPH);
        }

        assertThat(names(folder.resolve("cache/graphs"))).hasSize(4);
        assertThat(kept("form 0").find(GRAPH)).isPresent();
        assertThat(kept("form 1").find(GRAPH)).isEmpty();
        assertThat(kept("form 5").find(GRAPH)).isPresent();
    }

    @Test
    void propertyOff_keepsNothing() {
        fake.property(KeptGraphs.PROPERTY, "off");

        assertThat(KeptGraphs.of(bundle, "form", fake.host())).isEmpty();
    }

    @Test
    void userWithoutCache_keepsNothing() {
        fake.property(CacheFolder.PROPERTY, "").property("user.home", "?");

        assertThat(KeptGraphs.of(bundle, "form", fake.host())).isEmpty();
    }

    @Test
    void cacheThatCannotBeWritten_keepsNothing() throws IOException {
        Files.writeString(folder.resolve("cache"), "a file");

        assertThat(kept().begin()).isEmpty();
        assertThat(found()).isEmpty();
    }
}
