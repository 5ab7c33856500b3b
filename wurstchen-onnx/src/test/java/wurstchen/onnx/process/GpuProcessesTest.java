package wurstchen.onnx.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.sun.jna.Memory;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import wurstchen.onnx.process.GpuProcesses.GpuProcess;

class GpuProcessesTest {
    private static GpuProcess process(long id, long usedBytes) {
        return new GpuProcess(id, OptionalLong.of(usedBytes));
    }

    private static GpuProcesses of(GpuProcess... processes) {
        return new GpuProcesses(ImmutableList.copyOf(processes));
    }

    @Test
    void entriesOfNvml_areRead() {
        try (Memory entries = new Memory(48)) {
            entries.clear();
            entries.setInt(0, 7);
            entries.setLong(8, 5L << 32);
            entries.setInt(24, -1);
            entries.setLong(32, -1);

            assertThat(GpuProcesses.read(entries, 2))
                    .isEqualTo(of(process(7, 5L << 32), new GpuProcess(4294967295L, OptionalLong.empty())));
        }
    }

    @Test
    void otherPrograms_areNotCounted() {
        assertThat(of(process(1, 100), process(2, 10), process(3, 1)).ownBytes(2, of(process(1, 90)))).isEqualTo(10);
    }

    @Test
    void onlyProgramThatCame_isTheOne_whateverItsId() {
        assertThat(of(process(1, 100), process(77_123, 10)).ownBytes(2, of(process(1, 90)))).isEqualTo(10);
    }

    @Test
    void programThatWasThere_isNotTheOne_whateverItsId() {
        assertThat(of(process(2, 100), process(77_123, 10)).ownBytes(2, of(process(2, 90)))).isEqualTo(10);
    }

    @Test
    void programs_areListedIfOneIs() {
        assertThat(of().listedSince(of())).isFalse();
        assertThat(of(process(1, 1)).listedSince(of())).isTrue();
        assertThat(of().listedSince(of(process(1, 1)))).isTrue();
    }

    @Test
    void severalProgramsThatCame_areRefused() {
        assertThatThrownBy(() -> of(process(6, 1), process(7, 100), process(8, 10)).ownBytes(2, of(process(6, 1))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a test that measures memory needs the GPU for itself: the driver lists 3 programs on it (6 before, 7, 8),"
                        + " this one is 2, and which of them this is cannot be told; end the others, and in a container share the host's"
                        + " process ids (docker run --pid=host)");
    }

    @Test
    void emptyList_isRefused() {
        assertThatThrownBy(() -> of().ownBytes(2, of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a test that measures memory needs the GPU for itself: the driver lists 0 programs on it (none), this one is"
                        + " 2, and which of them this is cannot be told; end the others, and in a container share the host's process ids"
                        + " (docker run --pid=host)");
    }

    @Test
    void memoryThatIsNotSaid_isRefused() {
        assertThatThrownBy(() -> of(new GpuProcess(2, OptionalLong.empty())).ownBytes(2, of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a test that measures memory needs the GPU for itself: the driver lists 1 programs on it (2), this one is 2,"
                        + " and what each of them uses is not said; end the others, and in a container share the host's process ids"
                        + " (docker run --pid=host)");
    }
}
