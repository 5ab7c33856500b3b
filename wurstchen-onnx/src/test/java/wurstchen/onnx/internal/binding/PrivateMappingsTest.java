package wurstchen.onnx.internal.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.onnx.internal.common.HostSystem;

class PrivateMappingsTest {
    @TempDir
    private Path folder;

    private static byte[] read(MappedByteBuffer mapped) {
        byte[] bytes = new byte[mapped.capacity()];
        mapped.get(0, bytes);
        return bytes;
    }

    @Test
    void linux_isSupported_othersAreNot() {
        HostSystem host = HostSystem.current();
        assertThat(PrivateMappings.areSupported(host)).isEqualTo(host.linux());
    }

    @ParameterizedTest
    @ValueSource(strings = {"w\u00fcrst chen.data", "\u00c5land.data", "a+b%20.data", "two\nlines.data", "back\\slash (deleted)"})
    void mappedFile_canBeTruncatedAfterwards(String name) throws IOException {
        byte[] content = new byte[100_000];
        new Random(1).nextBytes(content);
        Path file = Files.write(folder.toRealPath().resolve(name), content);
        Path other = Files.write(folder.toRealPath().resolve("other.data"), content);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                FileChannel otherChannel = FileChannel.open(other, StandardOpenOption.READ)) {
            MappedByteBuffer mapped = channel.map(MapMode.READ_ONLY, 0, content.length);
            MappedByteBuffer part = channel.map(MapMode.READ_ONLY, 50_000, 1000);
            MappedByteBuffer otherMapped = otherChannel.map(MapMode.READ_ONLY, 0, content.length);

            PrivateMappings.replace(Set.of(file));
            Files.write(file, new byte[10], StandardOpenOption.TRUNCATE_EXISTING);
            Files.write(other, new byte[content.length]);

            assertThat(read(mapped)).isEqualTo(content);
            assertThat(part.get(999)).isEqualTo(content[50_999]);
            assertThat(read(otherMapped)).containsOnly(0);
        }
    }
}
