package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelBinaryTest {
    @ParameterizedTest
    @CsvSource({
        "8, 0, operators-sm_80.cubin",
        "8, 6, operators-sm_86.cubin",
        "8, 7, operators-sm_86.cubin",
        "8, 9, operators-sm_89.cubin",
        "9, 0, operators-sm_90.cubin",
        "10, 0, operators-sm_100.cubin",
        "10, 3, operators-sm_100.cubin",
        "12, 0, operators-sm_120.cubin",
        "12, 1, operators-sm_120.cubin",
        // No machine code fits these.
        "9, 1, operators-compute_80.ptx",
        "11, 0, operators-compute_80.ptx",
        "13, 0, operators-compute_80.ptx"
    })
    void capability_getsTheNearestMachineCodeOfItsMajorVersion_orElsePtx(int major, int minor, String name) {
        assertThat(KernelBinary.of(major, minor)).contains(new KernelBinary(name));
    }

    @ParameterizedTest
    @CsvSource({
        "8, 9, false",
        "9, 0, true",
        "10, 3, true",
        "12, 0, true",
        // PTX is compiled for compute capability 8.0, whatever runs it.
        "9, 1, false",
        "13, 0, false"
    })
    void kernelsWaitByThemselves_inMachineCodeFor90AndNewer(int major, int minor, boolean waits) {
        assertThat(KernelBinary.of(major, minor).orElseThrow().waits()).isEqualTo(waits);
    }

    @Test
    void olderCapability_getsNothing() {
        assertThat(KernelBinary.of(7, 5)).isEmpty();
    }

    @Test
    void missingFile_isEmpty() {
        assertThat(new KernelBinary("operators-sm_0.cubin").read()).isEmpty();
    }
}
