package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.common.HostSystem;

class CublasLtSearchTest {
    @TempDir
    Path root;

    private HostSystem linux(String... maps) throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/self/maps"), String.join("\n", maps) + "\n");
        return new HostSystem(name -> name.equals("os.name") ? "Linux" : null, name -> null, root);
    }

    @Test
    void libraryInMemory_isFoundByItsPath() throws IOException {
        HostSystem host = linux(
                "7f5c80000000-7f5c80021000 rw-p 00000000 00:00 0 ",
                "7f5c9a400000-7f5cb8c00000 r--p 00000000 08:01 1054 /opt/CUDA 12/lib64/libcublas.so.12.9.1.4",
                "7f5c9a400000-7f5cb8c00000 r--p 00000000 08:01 1055                      /opt/CUDA 12/lib64/libcublasLt.so.12.9.1.4",
                "7f5c9a400000-7f5cb8c00000 r-xp 1e800000 08:01 1055                      /opt/CUDA 12/lib64/libcublasLt.so.12.9.1.4");

        assertThat(CublasLtSearch.name(host)).contains("/opt/CUDA 12/lib64/libcublasLt.so.12.9.1.4");
    }

    @Test
    void withoutOne_nothingIsFound() throws IOException {
        assertThat(CublasLtSearch.name(linux("7f5c80000000-7f5c80021000 r-xp 00000000 08:01 9 /usr/lib/libcublasLt_static.so.12")))
                .isEmpty();
    }

    @Test
    void withoutAListOfWhatIsLoaded_nothingIsFound() {
        assertThat(CublasLtSearch.name(new HostSystem(name -> null, name -> null, root))).isEmpty();
    }
}
