/*
 * The response norm's scales from sums of squares that dense_gelu_hopper.cu wrote: with n the root of a channel's sum over all tiles,
 * s = 1 + gamma n / (mean of n over the channels + 1e-6), as response.cu. The eight blocks of a cluster share the channels of a map and
 * tell each other their parts of the mean, so one launch suffices. The same input gives the same bits.
 *
 *   squares  [rows, tiles, channels] float32
 *   gamma    [channels] float16
 *   s        [rows, channels] float32
 *
 * Launch: 256 threads; grid (8, rows); no dynamic shared memory. channels is a multiple of 8 and at most 8192; squares and s begin at
 * multiples of 16 bytes.
 */
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#include <overlap.cuh>

#include "reduce.cuh"
#include "vectors.cuh"

namespace wurstchen {
namespace sums {

constexpr int BLOCKS = 8;
constexpr int THREADS = 256;
constexpr int MOST_CHANNELS = 8192;
constexpr int MOST_OF_BLOCK = MOST_CHANNELS / BLOCKS;

__device__ __forceinline__ void arrive_at_cluster() {
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
}

__device__ __forceinline__ void wait_for_cluster() {
    asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}

// Writes a number to the same address of shared memory in another block of the cluster.
__device__ __forceinline__ void write_to_block(float* address, int block, float value) {
    asm volatile(
        "{\n"
        ".reg .b32 remote;\n"
        "mapa.shared::cluster.u32 remote, %0, %1;\n"
        "st.shared::cluster.f32 [remote], %2;\n"
        "}" ::"r"(static_cast<unsigned>(__cvta_generic_to_shared(address))),
        "r"(block), "f"(value)
        : "memory");
}

__device__ __forceinline__ float4 add(float4 a, float4 b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w};
}

// Adds the tiles `first`, first + step, ... of four channels.
__device__ __forceinline__ float4 sum_of_tiles(const float* squares, int first, int step, int tiles, int channels) {
    constexpr int FLIGHT = 8;
    float4 sum = {0, 0, 0, 0};
    for (int base = first; base < tiles; base += FLIGHT * step) {
        float4 values[FLIGHT];
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            const int tile = base + i * step;
            values[i] = tile < tiles ? *reinterpret_cast<const float4*>(squares + static_cast<long>(tile) * channels) : float4{0, 0, 0, 0};
        }
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            sum = add(sum, values[i]);
        }
    }
    return sum;
}

// Adds all tiles of a block's channels into `totals`: each lane has four channels, each group of lanes every groups-th tile.
__device__ __forceinline__ void add_tiles(const float* squares, float* totals, int tiles, int channels, int begin, int count) {
    __shared__ float4 parts[THREADS];
    const int quads = count / 4;
    for (int base = 0; base < quads; base += THREADS) {
        const int width = min(quads - base, THREADS);
        const int groups = THREADS / width;
        const int group = threadIdx.x / width;
        const int quad = threadIdx.x - group * width;
        if (group < groups) {
            parts[threadIdx.x] = sum_of_tiles(squares + begin + (base + quad) * 4, group, groups, tiles, channels);
        }
        __syncthreads();
        if (group == 0) {
            float4 sum = parts[quad];
            for (int i = 1; i < groups; i++) {
                sum = add(sum, parts[i * width + quad]);
            }
            reinterpret_cast<float4*>(totals)[base + quad] = sum;
        }
        __syncthreads();
    }
}

}  // namespace sums
}  // namespace wurstchen

extern "C" __global__ void __cluster_dims__(8, 1, 1) __launch_bounds__(256)
        response_of_squares(const float* squares, const half* gamma, float* s, int tiles, int channels) {
    using namespace wurstchen;
    using namespace wurstchen::sums;
    __shared__ float norms[MOST_OF_BLOCK];
    __shared__ float norm_sums[BLOCKS];
    arrive_at_cluster();
    overlap();
    const int row = blockIdx.y;
    const int share = (channels / 4 + BLOCKS - 1) / BLOCKS * 4;
    const int begin = min(static_cast<int>(blockIdx.x) * share, channels);
    const int count = min(share, channels - begin);
    float gammas[MOST_OF_BLOCK / THREADS];
#pragma unroll
    for (int i = 0; i < MOST_OF_BLOCK / THREADS; i++) {
        const int k = i * THREADS + threadIdx.x;
        gammas[i] = k < count ? __half2float(gamma[begin + k]) : 0.f;
    }
    add_tiles(squares + static_cast<long>(row) * tiles * channels, norms, tiles, channels, begin, count);
    float sum = 0.f;
    for (int i = threadIdx.x; i < count; i += THREADS) {
        norms[i] = sqrtf(norms[i]);
        sum += norms[i];
    }
    sum = block_sum(sum);
    wait_for_cluster();  // all its blocks have begun: their shared memory may be written
    if (threadIdx.x < BLOCKS) {
        write_to_block(norm_sums + blockIdx.x, threadIdx.x, sum);
    }
    arrive_at_cluster();
    wait_for_cluster();
    float total = 0.f;
#pragma unroll
    for (int block = 0; block < BLOCKS; block++) {
        total += norm_sums[block];
    }
    const float divisor = total / channels + 1e-6f;
#pragma unroll
    for (int i = 0; i < MOST_OF_BLOCK / THREADS; i++) {
        const int k = i * THREADS + threadIdx.x;
        if (k < count) {
            s[static_cast<long>(row) * channels + begin + k] = 1.f + gammas[i] * norms[k] / divisor;
        }
    }
}
#endif
