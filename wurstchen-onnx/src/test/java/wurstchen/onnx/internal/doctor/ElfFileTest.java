package wurstchen.onnx.internal.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfFileTest {
    @TempDir
    private Path folder;

    @Test
    void namesAndFolders_areRead() throws IOException {
        Path file = FakeElf.needing("libcudart.so.12", "libc.so.6")
                .soname("libmine.so.1")
                .runPath("$ORIGIN:/opt/cuda/lib64")
                .write(folder.resolve("libmine.so"));

        ElfFile elf = ElfFile.read(file);

        assertThat(elf.machine()).isEqualTo(ElfFile.X86_64);
        assertThat(elf.soname()).isEqualTo(Optional.of("libmine.so.1"));
        assertThat(elf.needed()).containsExactly("libcudart.so.12", "libc.so.6");
        assertThat(elf.runPath()).containsExactly("$ORIGIN", "/opt/cuda/lib64");
    }

    @Test
    void olderRPath_isRead() throws IOException {
        ElfFile elf = ElfFile.read(FakeElf.needing().rPath("/old").write(folder.resolve("libmine.so")));

        assertThat(elf.soname()).isEmpty();
        assertThat(elf.runPath()).containsExactly("/old");
    }

    /** The JVM that runs this has one that a linker wrote. */
    @Test
    void realLibrary_isRead() throws IOException {
        Path jvm = Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");

        ElfFile elf = ElfFile.read(jvm);

        assertThat(elf.soname()).isEqualTo(Optional.of("libjvm.so"));
        assertThat(elf.needed()).contains("libc.so.6");
    }

    @Test
    void otherFile_isRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("libmine.so"), "x".repeat(100));

        assertThatThrownBy(() -> ElfFile.read(text)).isInstanceOf(IOException.class).hasMessage(text + " is no 64-bit shared library");
    }

    @Test
    void everyCut_isNoticed() throws IOException {
        byte[] whole = FakeElf.needing("libcudart.so.12").bytes();
        Path file = folder.resolve("libmine.so");
        // The last byte ends the last name; without it the name ends with the file.
        for (int bytes = 0; bytes < whole.length - "libcudart.so.12".length() - 1; bytes++) {
            Files.write(file, Arrays.copyOf(whole, bytes));
            assertThatThrownBy(() -> ElfFile.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the library is cut off or damaged");
        }
    }
}
