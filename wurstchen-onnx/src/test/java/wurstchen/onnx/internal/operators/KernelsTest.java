package wurstchen.onnx.internal.operators;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.onnx.internal.operators.gpu.KernelSpec;

/** Whether the compiled kernels are all there. */
class KernelsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "sm_80.cubin",
                "sm_86.cubin",
                "sm_89.cubin",
                "sm_90.cubin",
                "sm_100.cubin",
                "sm_120.cubin",
                "compute_80.ptx"
            })
    void everyBinary_hasEveryKernel_andHoppersThoseOfHopper(String file) throws IOException {
        String binary = unpacked("operators-" + file);
        boolean ptx = file.endsWith(".ptx");
        for (KernelSpec kernel : Kernels.ALL) {
            // The section of a kernel's machine code, with the zero behind its name.
            String code = ptx ? ".entry " + kernel.name() + "(" : ".text." + kernel.name() + "\0";
            assertThat(binary.contains(code)).as(kernel.name()).isEqualTo(kernel.everywhere() || file.startsWith("sm_90"));
        }
    }

    private static String unpacked(String name) throws IOException {
        try (InputStream in =
                Resources.getResource("wurstchen/onnx/internal/operators/" + name + ".gz").openStream()) {
            return new String(new GZIPInputStream(in).readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
