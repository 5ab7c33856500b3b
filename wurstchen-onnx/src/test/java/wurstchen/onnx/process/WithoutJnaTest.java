package wurstchen.onnx.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.common.Jna;

class WithoutJnaTest {
    private static final String JNA = "JNA cannot be loaded: java.lang.NoClassDefFoundError: com/sun/jna/Native; its jar must be on the"
            + " class path, and where no library may be loaded from the temporary folder, -Djna.tmpdir=FOLDER names another";

    @TempDir
    private Path folder;

    @Test
    void gpu_cannotBeUsed_becauseOfJna() throws Exception {
        ImmutableList<String> output = ChildJvm.withoutJna(folder, WithoutJnaProgram.class).exits(0);

        assertThat(output)
                .contains("problem: NVIDIA's driver cannot be asked: " + JNA)
                .contains("hardware: no such GPU")
                .contains("watched: OptionalLong.empty")
                .contains("opened: cuda:0 needs inputs and outputs bound on the device, but " + JNA + "; put that right, or use the CPU");
    }

    @Test
    void thisJvm_hasJna() {
        assertThat(Jna.problem()).isEmpty();
    }
}
