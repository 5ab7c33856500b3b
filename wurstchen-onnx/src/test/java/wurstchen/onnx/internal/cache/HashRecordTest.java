package wurstchen.onnx.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.common.FakeHost;
import wurstchen.onnx.internal.common.HostSystem;

class HashRecordTest {
    private static final String SHA256 = "0123456789abcdef".repeat(4);
    private static final FileStamp STAMP = new FileStamp(5_800_000_000L, 1_700_000_000_123_456_789L, 1_700_000_001_000_000_000L, "64768:12");

    @TempDir
    private Path folder;

    private HostSystem host;

    @BeforeEach
    void cache() {
        host = new FakeHost(folder).property(CacheFolder.PROPERTY, folder.resolve("cache")).host();
    }

    private HashRecord written(String subject) {
        HashRecord record = HashRecord.read(subject, host).with(Map.of("a/b.data", new HashRecord.Entry(SHA256, STAMP)));
        record.write();
        return record;
    }

    private List<Path> records() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("cache/verified"))) {
            return files.toList();
        }
    }

    @Test
    void whatIsWritten_isReadAgain() throws IOException {
        written("/models/a");

        HashRecord read = HashRecord.read("/models/a", host);

        assertThat(read.holds("a/b.data", SHA256, STAMP)).isTrue();
        assertThat(records()).hasSize(1);
        assertThat(records().get(0))
                .hasContent(SHA256 + " 5800000000 1700000000123456789 1700000001000000000 64768:12 a/b.data\n");
    }

    @Test
    void anythingElse_isNotHeld() {
        HashRecord record = written("/models/a");

        assertThat(record.holds("a/c.data", SHA256, STAMP)).isFalse();
        assertThat(record.holds("a/b.data", SHA256.replace('0', '1'), STAMP)).isFalse();
        for (FileStamp other : List.of(
                new FileStamp(STAMP.size() + 1, STAMP.modified(), STAMP.changed(), STAMP.identity()),
                new FileStamp(STAMP.size(), STAMP.modified() + 1, STAMP.changed(), STAMP.identity()),
                new FileStamp(STAMP.size(), STAMP.modified(), STAMP.changed() + 1, STAMP.identity()),
                new FileStamp(STAMP.size(), STAMP.modified(), STAMP.changed(), "64768:13"))) {
            assertThat(record.holds("a/b.data", SHA256, other)).isFalse();
        }
        assertThat(HashRecord.read("/models/b", host).holds("a/b.data", SHA256, STAMP)).isFalse();
    }

    @Test
    void numbersThatAreNone_areSkipped() throws IOException {
        written("/models/a");
        Files.writeString(records().get(0), SHA256 + " 1 9999999999999999999 1 1:1 a/b.data\n" + SHA256 + " 1 2 3 4:5 c\n");

        HashRecord read = HashRecord.read("/models/a", host);

        assertThat(read.holds("c", SHA256, new FileStamp(1, 2, 3, "4:5"))).isTrue();
    }

    @Test
    void oldestRecords_areDeleted() throws IOException {
        for (int i = 0; i < 105; i++) {
            written("/models/" + i);
        }

        assertThat(records()).hasSize(100);
        assertThat(HashRecord.read("/models/104", host).holds("a/b.data", SHA256, STAMP)).isTrue();
    }

    @Test
    void programsThatWriteAtTheSameTime_leaveOneWholeRecord() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<?>> writing = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            writing.add(threads.submit(() -> {
                written("/models/a");
                assertThat(HashRecord.read("/models/a", host).holds("a/b.data", SHA256, STAMP)).isTrue();
            }));
        }
        for (Future<?> one : writing) {
            one.get();
        }
        threads.shutdown();
        assertThat(records()).hasSize(1);
    }
}
