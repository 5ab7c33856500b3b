package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;

class KernelModuleTest {
    private static final ImmutableList<KernelSpec> KERNELS = ImmutableList.of(
            KernelSpec.of("plain"),
            new KernelSpec("large", KernelSpec.ALL, false, true),
            new KernelSpec("some", 70_000, true, true),
            new KernelSpec("rare", 0, false, false));

    private static final long STREAM = 5;
    private static final String TRIAL = "try " + "overlap_trial".hashCode() + " on " + STREAM;

    private final DriverLog driver = new DriverLog();

    @Test
    void kernels_getWhatTheyNeed_onceTheyAreLoaded() {
        KernelModule module = KernelModule.load(driver, KERNELS);

        assertThat(driver.calls.get(0)).startsWith("load ");
        assertThat(driver.calls.subList(1, driver.calls.size()))
                .containsExactly(
                        "allow " + "large".hashCode() + " 232448",
                        "allow " + "some".hashCode() + " 70000",
                        "prefer shared memory for " + "some".hashCode());
        assertThat(module.name()).isEqualTo("operators-sm_90.cubin");
        assertThat(module.function("plain")).isEqualTo("plain".hashCode());
        assertThat(module.has("rare")).isTrue();
        module.close();
        assertThat(driver.calls).endsWith("unload 7");
    }

    @Test
    void kernelThatNotEveryModuleHas_mayBeMissing() {
        driver.missingKernel = "rare";

        assertThat(KernelModule.load(driver, KERNELS).has("rare")).isFalse();
    }

    @Test
    void otherKernelThatIsMissing_isAFailure_andTheModuleIsUnloaded() {
        driver.missingKernel = "some";

        assertThatThrownBy(() -> KernelModule.load(driver, KERNELS))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("operators-sm_90.cubin has no kernel some: run src/main/cuda/build.py");
        assertThat(driver.calls).endsWith("unload 7");
    }

    @Test
    void olderGpu_isAFailure() {
        driver.major = 7;
        driver.minor = 5;

        assertThatThrownBy(() -> KernelModule.load(driver, KERNELS))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("there are no kernels for compute capability 7.5, only from 8.0 on");
    }

    private boolean overlaps(Map<String, String> properties) {
        KernelModule module = KernelModule.load(driver, ImmutableList.of(KernelSpec.OVERLAP_TRIAL));
        driver.calls.clear();
        return module.overlaps(new HostSystem(properties::get, name -> null, Path.of("/nowhere")), STREAM);
    }

    @Test
    void kernelsOverlap_whereTheDriverDoesNotRefuse() {
        assertThat(overlaps(Map.of())).isTrue();
        assertThat(driver.calls).containsExactly(TRIAL);
    }

    @Test
    void refusal_isTheEndOfIt() {
        driver.overlaps = false;

        assertThat(overlaps(Map.of())).isFalse();
        assertThat(driver.calls).containsExactly(TRIAL);
    }

    @Test
    void property_switchesItOff_andNothingIsTried() {
        assertThat(overlaps(Map.of("wurstchen.operators.overlap", "off"))).isFalse();
        assertThat(driver.calls).isEmpty();
    }

    @Test
    void kernelsThatDoNotWait_areNotTried() {
        driver.major = 8;

        assertThat(overlaps(Map.of())).isFalse();
        assertThat(driver.calls).isEmpty();
    }
}
