package wurstchen.onnx.internal.doctor;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkerCacheTest {
    @TempDir
    private Path folder;

    /** As ldconfig writes it: pairs of a library's name and its path. */
    static byte[] cache(String... namesAndPaths) {
        int count = namesAndPaths.length / 2;
        ByteBuffer head = ByteBuffer.allocate(48 + count * 24).order(ByteOrder.LITTLE_ENDIAN);
        head.put("glibc-ld.so.cache1.1".getBytes(US_ASCII)).putInt(count).position(48);
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndPaths.length; i++) {
            if (i % 2 == 0) {
                head.putInt(0x0303);
            }
            head.putInt(head.capacity() + strings.size());
            strings.writeBytes((namesAndPaths[i] + "\0").getBytes(US_ASCII));
            if (i % 2 == 1) {
                head.putInt(0).putLong(0);
            }
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head.array());
        whole.writeBytes(strings.toByteArray());
        return whole.toByteArray();
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("ld.so.cache"), bytes);
    }

    @Test
    void paths_areReadInOrder() throws IOException {
        byte[] bytes = cache("liba.so.1", "/opt/a/liba.so.1", "libb.so.2", "/lib/libb.so.2", "liba.so.1", "/lib/liba.so.1");

        assertThat(LinkerCache.read(write(bytes)).asMap()).hasSize(2);
        assertThat(LinkerCache.read(write(bytes)).get("liba.so.1"))
                .containsExactly(Path.of("/opt/a/liba.so.1"), Path.of("/lib/liba.so.1"));
    }

    @Test
    void olderFormInFront_isSkipped() throws IOException {
        byte[] bytes = cache("liba.so.1", "/lib/liba.so.1");
        ByteBuffer both = ByteBuffer.allocate(64 + bytes.length).put("ld.so-1.7.0".getBytes(US_ASCII)).position(64).put(bytes);

        assertThat(LinkerCache.read(write(both.array())).get("liba.so.1")).containsExactly(Path.of("/lib/liba.so.1"));
    }

    @Test
    void unreadableFiles_holdNothing() throws IOException {
        assertThat(LinkerCache.read(folder.resolve("missing")).isEmpty()).isTrue();
        assertThat(LinkerCache.read(write("text".getBytes(US_ASCII))).isEmpty()).isTrue();
        byte[] whole = cache("liba.so.1", "/lib/liba.so.1");
        for (int bytes = 0; bytes < whole.length; bytes++) {
            assertThat(LinkerCache.read(write(java.util.Arrays.copyOf(whole, bytes))).isEmpty()).isTrue();
        }
    }

    /** The machine that runs this has one that ldconfig wrote, if it has glibc. */
    @Test
    void realFile_knowsTheCLibrary() {
        assertThat(LinkerCache.read(Path.of("/etc/ld.so.cache")).get("libc.so.6"))
                .isNotEmpty()
                .allSatisfy(path -> assertThat(path).exists());
    }
}
