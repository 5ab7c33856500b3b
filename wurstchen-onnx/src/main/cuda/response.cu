// The response norm: n[r,k] = sqrt(sum over the row's tokens of u^2), s = 1 + gamma n / (mean over k of n + 1e-6), and u s, or s W for each row.
// Kernels for K (N) a multiple of 8 move 16 bytes at once; the `_any` kernels take any size and alignment, with the same launches.
#include <overlap.cuh>

#include "reduce.cuh"
#include "vectors.cuh"

namespace wurstchen {

constexpr int BLOCK_CHANNELS = 32 * WIDTH;  // a warp reads 256 channels of a token
constexpr int WARPS = 8;
constexpr float RESPONSE_EPSILON = 1e-6f;  // GlobalResponseNorm of the reference

// A block's channels and tokens: 256 channels, the blockIdx.y-th part of row blockIdx.z's tokens, every eighth of them a warp's.
struct Share {
    int channel, valid, begin, end;
    long row;

    __device__ __forceinline__ Share(int tokens, int channels) {
        const int part = (tokens + static_cast<int>(gridDim.y) - 1) / static_cast<int>(gridDim.y);
        const long first = static_cast<long>(blockIdx.y) * part;
        channel = blockIdx.x * BLOCK_CHANNELS + threadIdx.x % 32 * WIDTH;
        valid = channels - channel;
        begin = static_cast<int>(min(first, static_cast<long>(tokens))) + threadIdx.x / 32;
        end = static_cast<int>(min(first + part, static_cast<long>(tokens)));
        row = static_cast<long>(blockIdx.z) * tokens;
    }
};

// Adds the squares of this block's share, for each of its 256 channels in the thread of that number.
template <bool ALIGNED>
__device__ __forceinline__ float sum_of_squares(const half* u, int tokens, int channels) {
    constexpr int FLIGHT = 8;
    __shared__ float sums[WARPS][BLOCK_CHANNELS];
    const Share share(tokens, channels);
    float sum[WIDTH] = {};
    if (share.valid > 0) {
        const half* from = u + share.row * channels + share.channel;
        for (int base = share.begin; base < share.end; base += FLIGHT * WARPS) {
            float values[FLIGHT][WIDTH];
#pragma unroll
            for (int i = 0; i < FLIGHT; i++) {
                const int token = base + i * WARPS;
                load<ALIGNED>(from + static_cast<long>(min(token, share.end - 1)) * channels, share.valid, values[i]);
            }
#pragma unroll
            for (int i = 0; i < FLIGHT; i++) {
                if (base + i * WARPS < share.end) {
#pragma unroll
                    for (int k = 0; k < WIDTH; k++) {
                        sum[k] = fmaf(values[i][k], values[i][k], sum[k]);
                    }
                }
            }
        }
    }
    float* own = sums[threadIdx.x / 32] + threadIdx.x % 32 * WIDTH;
#pragma unroll
    for (int k = 0; k < WIDTH; k++) {
        own[k] = sum[k];
    }
    __syncthreads();
    float total = 0.f;
#pragma unroll
    for (int warp = 0; warp < WARPS; warp++) {
        total += sums[warp][threadIdx.x];
    }
    return total;
}

// True in the block that comes last of `blocks`, to all its threads; what the others wrote before is then visible to __ldcg. The counter
// is zero again afterwards.
__device__ __forceinline__ bool comes_last(unsigned* counter, unsigned blocks) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicInc(counter, blocks - 1) == blocks - 1;
    }
    __syncthreads();
    __threadfence();
    return last;
}

// The sum of column `channel` of partials [chunks, channels], always in the same order.
__device__ __forceinline__ float column_sum(const float* partials, int chunks, int channels, int channel) {
    constexpr int FLIGHT = 16;
    float sum = 0.f;
    for (int base = 0; base < chunks; base += FLIGHT) {
        float values[FLIGHT];
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            values[i] = base + i < chunks ? __ldcg(partials + static_cast<long>(base + i) * channels + channel) : 0.f;
        }
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            sum += values[i];
        }
    }
    return sum;
}

// Writes the scales of one row from its channels' norms and the norms' sums over each block's channels.
__device__ __forceinline__ void write_scales(const float* norms, const float* norm_sums, const half* gamma, float* s, int channels) {
    float sum = 0.f;
    for (int i = threadIdx.x; i < static_cast<int>(gridDim.x); i += blockDim.x) {
        sum += __ldcg(norm_sums + i);
    }
    const float divisor = block_sum(sum) / channels + RESPONSE_EPSILON;
    constexpr int FLIGHT = 8;
    const int threads = blockDim.x;
    for (int base = threadIdx.x; base < channels; base += FLIGHT * threads) {
        float values[FLIGHT];
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            const int k = min(base + i * threads, channels - 1);
            values[i] = __half2float(gamma[k]) * __ldcg(norms + k);
        }
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            if (base + i * threads < channels) {
                s[base + i * threads] = 1.f + values[i] / divisor;
            }
        }
    }
}

// Three stages in one launch: each block's sums of squares; the last block of a row and 256 channels adds them up; the last of the row
// knows the mean.
template <bool ALIGNED>
__device__ __forceinline__ void response_scale(const half* u, const half* gamma, float* s, float* partials, unsigned* counters, int rows,
        int tokens, int channels) {
    const long row = blockIdx.z;
    const int blocks = gridDim.x, chunks = gridDim.y, channel = blockIdx.x * BLOCK_CHANNELS + threadIdx.x;
    float* norms = partials + static_cast<long>(rows) * chunks * channels;
    float* norm_sums = norms + static_cast<long>(rows) * channels;
    float* own = partials + row * chunks * channels;

    float squares = sum_of_squares<ALIGNED>(u, tokens, channels);
    if (channel < channels) {
        own[static_cast<long>(blockIdx.y) * channels + channel] = squares;
    }
    if (!comes_last(counters + row * blocks + blockIdx.x, chunks)) {
        return;
    }
    const float norm = channel < channels ? sqrtf(column_sum(own, chunks, channels, channel)) : 0.f;
    if (channel < channels) {
        norms[row * channels + channel] = norm;
    }
    const float sum = block_sum(norm);
    if (threadIdx.x == 0) {
        norm_sums[row * blocks + blockIdx.x] = sum;
    }
    if (comes_last(counters + static_cast<long>(rows) * blocks + row, blocks)) {
        write_scales(norms + row * channels, norm_sums + row * blocks, gamma, s + row * channels, channels);
    }
}

template <bool ALIGNED>
__device__ __forceinline__ void scale_activation(const half* u, const float* s, half* out, int tokens, int channels) {
    constexpr int FLIGHT = 4;
    const Share share(tokens, channels);
    if (share.valid <= 0) {
        return;
    }
    float scale[WIDTH];
    load<ALIGNED>(s + static_cast<long>(blockIdx.z) * channels + share.channel, share.valid, scale);
    const long start = share.row * channels + share.channel;
    for (int base = share.begin; base < share.end; base += FLIGHT * WARPS) {
        float values[FLIGHT][WIDTH];
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            load<ALIGNED>(u + start + static_cast<long>(min(base + i * WARPS, share.end - 1)) * channels, share.valid, values[i]);
        }
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
            if (base + i * WARPS < share.end) {
#pragma unroll
                for (int k = 0; k < WIDTH; k++) {
                    values[i][k] *= scale[k];
                }
                store<ALIGNED>(out + start + static_cast<long>(base + i * WARPS) * channels, share.valid, values[i]);
            }
        }
    }
}

template <bool ALIGNED>
__device__ __forceinline__ void scale_weight(const half* weight, const float* s, half* out, int rows, int inputs, int outputs) {
    constexpr int FLIGHT = 4;
    const long lanes = (outputs + WIDTH - 1) / WIDTH, count = inputs * lanes, matrix = static_cast<long>(inputs) * outputs;
    const long threads = static_cast<long>(gridDim.x) * blockDim.x;
    for (long index = static_cast<long>(blockIdx.x) * blockDim.x + threadIdx.x; index < count; index += threads) {
        // Dividing 32 bits is much cheaper.
        const long input = count < 0x7fffffff ? static_cast<unsigned>(index) / static_cast<unsigned>(lanes) : index / lanes;
        const int output = static_cast<int>(index - input * lanes) * WIDTH;
        const long at = input * outputs + output;
        float values[WIDTH];
        load<ALIGNED>(weight + at, outputs - output, values);
        for (int base = 0; base < rows; base += FLIGHT) {
            float scales[FLIGHT];
#pragma unroll
            for (int i = 0; i < FLIGHT; i++) {
                scales[i] = s[static_cast<long>(min(base + i, rows - 1)) * inputs + input];
            }
#pragma unroll
            for (int i = 0; i < FLIGHT; i++) {
                if (base + i < rows) {
                    float scaled[WIDTH];
#pragma unroll
                    for (int k = 0; k < WIDTH; k++) {
                        scaled[k] = values[k] * scales[i];
                    }
                    store<ALIGNED>(out + (base + i) * matrix + at, outputs - output, scaled);
                }
            }
        }
    }
}

}  // namespace wurstchen

#define RESPONSE_KERNELS(SUFFIX, ALIGNED)                                                                                                \
    extern "C" __global__ void __launch_bounds__(256) response_scale##SUFFIX(const half* u, const half* gamma, float* s,                \
            float* partials, unsigned* counters, int R, int tokens, int K) {                                                             \
        wurstchen::overlap();                                                                                                            \
        wurstchen::response_scale<ALIGNED>(u, gamma, s, partials, counters, R, tokens, K);                                               \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) scale_activation##SUFFIX(const half* u, const float* s, half* out, int R,         \
            int tokens, int K) {                                                                                                         \
        wurstchen::overlap();                                                                                                            \
        wurstchen::scale_activation<ALIGNED>(u, s, out, tokens, K);                                                                      \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) scale_weight##SUFFIX(const half* weight, const float* s, half* out, int R, int K, \
            int N) {                                                                                                                     \
        wurstchen::overlap();                                                                                                            \
        wurstchen::scale_weight<ALIGNED>(weight, s, out, R, K, N);                                                                       \
    }

RESPONSE_KERNELS(, true)
RESPONSE_KERNELS(_any, false)
