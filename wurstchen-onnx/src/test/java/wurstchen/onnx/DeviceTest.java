package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void cpu_isParsed() {
        assertThat(Device.parse("cpu")).isEqualTo(Device.cpu()).hasToString(Device.cpu().toString());
        assertThat(Device.cpu(1)).hasToString("cpu (1 thread)");
        assertThat(Device.cpu(3)).hasToString("cpu (3 threads)").isNotEqualTo(Device.cpu(2));
    }

    @Test
    void unknownDevice_isNamed() {
        assertThatThrownBy(() -> Device.parse("tpu"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown device 'tpu': there are cpu, cuda and cuda:N, the GPU of index N");
    }

    @Test
    void noThreads_areRefused() {
        assertThatThrownBy(() -> Device.cpu(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("threads must be from 1 to 1024, got 0; as many as processors is usual");
    }

    @Test
    void cuda_isParsed() {
        assertThat(Device.parse("cuda")).isEqualTo(Device.cuda()).isEqualTo(Device.cuda(0)).isNotEqualTo(Device.cuda(1));
        assertThat(Device.parse("cuda:1")).isEqualTo(Device.cuda(1));
        assertThat(Device.cuda(1))
                .hasToString("cuda:1 (memory growth exact, convolution search heuristic, CUDA graphs)");
    }

    @Test
    void cudaOptions_areShown() {
        CudaDevice device = Device.cuda()
                .memoryLimit(1L << 30)
                .memoryGrowth(CudaDevice.MemoryGrowth.POWER_OF_TWO)
                .convolutionSearch(CudaDevice.ConvolutionSearch.EXHAUSTIVE)
                .tf32(true)
                .cudaGraphs(false);

        assertThat(device)
                .hasToString("cuda:0 (at most 1073741824 bytes a graph, memory growth power_of_two, "
                        + "convolution search exhaustive, TF32)")
                .isNotEqualTo(Device.cuda());
    }

    @Test
    void gpuWithoutMemory_hasARemedy() {
        String remedy =
                "; make fewer pictures at a time, or smaller ones, or open the model with lowMemory(true) (command line: --low-memory)";

        assertThat(Device.cuda().provider().remedy("BFCArena: Failed to allocate memory for requested buffer of size 7")).isEqualTo(remedy);
        assertThat(Device.cuda().provider().remedy("CUDA failure 2: out of memory")).isEqualTo(remedy);
        assertThat(Device.cuda().provider().remedy("Available memory of 1 is smaller than requested bytes of 2")).isEqualTo(remedy);
        assertThat(Device.cuda().provider().remedy("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED")).isEqualTo(remedy);
        assertThat(Device.cuda().provider().remedy("Non-zero status code")).isEmpty();
    }

    @Test
    void cudaIndexesThatAreNone_areRefused() {
        assertThatThrownBy(() -> Device.parse("cuda:-1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown device 'cuda:-1': there are cpu, cuda and cuda:N, the GPU of index N");
        assertThatThrownBy(() -> Device.cuda(1000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a GPU's index must be from 0 to 999, got 1000; the first is 0");
    }

    @Test
    void tooSmallMemoryLimit_isRefused() {
        assertThatThrownBy(() -> Device.cuda().memoryLimit(1000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a graph's memory limit must be at least 67108864 bytes, got 1000; leave it out for no limit");
    }
}
