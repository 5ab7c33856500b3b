// t = x + depthwise 3x3 of the norm of x with a replicated border + bias; y = t + next_bias; normed = norm of t. Norms go over the channels;
// that of x is applied where x is read, from two numbers a token (norm_statistics).
#include "depthwise.cuh"

namespace wurstchen {

struct MixingDepthwise {
    static constexpr int CONSTANTS = 11;  // 9 taps, bias, next bias
    const half* x;
    const float2* stats;
    const half *weight, *bias, *nextBias;
    half *y, *normed;

    __device__ __forceinline__ void fetch_constants(uint4* constants, int lanes) const {
        for (int i = threadIdx.x; i < 9 * lanes; i += blockDim.x) {
            copy_16(constants + i, vectors(weight) + i, true);
        }
        for (int i = threadIdx.x; i < lanes; i += blockDim.x) {
            copy_16(constants + 9 * lanes + i, vectors(bias) + i, true);
            copy_16(constants + 10 * lanes + i, vectors(nextBias) + i, true);
        }
    }

    template <class PLACE>
    __device__ __forceinline__ void fetch(const Map& map, const PLACE& place, int groups, int row, uint4* to, float2* statistics) const {
        const long line = place.map + static_cast<long>(max(0, min(row, map.height - 1))) * map.width;
        auto token = [&](int i) { return line + max(0, min(place.column - 1 + i, map.width - 1)); };
        if (place.active) {
            for (int i = place.group; i < place.halo; i += groups) {
                copy_16(to + i * place.lanes + place.lane, vectors(x) + token(i) * place.lanes + place.lane, true);
            }
        }
        for (int i = threadIdx.x; i < place.halo; i += blockDim.x) {
            copy_8(statistics + i, stats + token(i));
        }
    }

    template <class PLACE>
    __device__ __forceinline__ void start(const Map&, const PLACE&) const {}

    template <int N, class PLACE>
    __device__ __forceinline__ void values(const Map&, const PLACE& place, int, const uint4* raw, const float2* statistics, const uint4*,
            float (&v)[N + 2][WIDTH]) const {
#pragma unroll
        for (int j = 0; j < N + 2; j++) {
            float raws[WIDTH];
            unpack(raw[j * place.lanes], raws);
            normalize(raws, statistics[j].x, statistics[j].y, v[j]);
        }
    }

    template <int N, class PLACE>
    __device__ __forceinline__ void centre(const Map&, const PLACE& place, int, const uint4* raw, const float (&)[N + 2][WIDTH],
            float (&sums)[N][WIDTH]) const {
#pragma unroll
        for (int j = 0; j < N; j++) {
            float own[WIDTH];
            unpack(raw[(j + 1) * place.lanes], own);
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                sums[j][i] += own[i];
            }
        }
    }

    template <int N, class PLACE>
    __device__ __forceinline__ void finish(const Map& map, const PLACE& place, int row, const float (&out)[N][WIDTH], const float2* finished,
            const uint4* own) const {
        const long token = place.map + static_cast<long>(row) * map.width + place.column + place.first;
        const long to = token * place.lanes + place.lane;
        float next[WIDTH];
        unpack(own[10 * place.lanes], next);
#pragma unroll
        for (int j = 0; j < N; j++) {
            float values[WIDTH];
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                values[i] = out[j][i] + next[i];
            }
            const uint4 sums = pack(values);
            normalize(out[j], finished[j].x, finished[j].y, values);
            const uint4 norms = pack(values);
            if (j < place.writable) {
                vectors(y)[to + j * place.lanes] = sums;
                vectors(normed)[to + j * place.lanes] = norms;
            }
        }
    }
};

// Any C and alignment: a block a token, computed anew in each of the three passes.
__device__ __forceinline__ void mixing_depthwise_token(const Map& map, const MixingDepthwise& op, long token) {
    const int column = static_cast<int>(token % map.width), row = static_cast<int>(token / map.width % map.height), channels = map.channels;
    const long before = token - static_cast<long>(row) * map.width - column;
    auto mixed = [&](int c) {
        float sum = __half2float(op.x[token * channels + c]) + __half2float(op.bias[c]);
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                const long at = before + static_cast<long>(max(0, min(row + dy, map.height - 1))) * map.width
                        + max(0, min(column + dx, map.width - 1));
                const float2 norm = op.stats[at];
                const long tap = (dy + 1) * 3 + dx + 1;
                sum = fmaf(__half2float(op.weight[tap * channels + c]), (__half2float(op.x[at * channels + c]) - norm.x) * norm.y, sum);
            }
        }
        return sum;
    };
    float sum = 0.f, squares = 0.f;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        sum += mixed(c);
    }
    const float mean = block_sum(sum) / channels;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        const float deviation = mixed(c) - mean;
        squares = fmaf(deviation, deviation, squares);
    }
    const float inverse = rsqrtf(block_sum(squares) / channels + map.epsilon);
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        const float value = mixed(c);
        op.y[token * channels + c] = __float2half_rn(value + __half2float(op.nextBias[c]));
        op.normed[token * channels + c] = __float2half_rn((value - mean) * inverse);
    }
}

}  // namespace wurstchen

#define MIXING_DEPTHWISE(N)                                                                                                              \
    extern "C" __global__ void __launch_bounds__(wurstchen::depthwise_threads(N)) mixing_depthwise_##N(const half* x, const float2* stats, \
            const half* weight, const half* bias, const half* next_bias, half* y, half* normed, int R, int H, int W, int C,              \
            float epsilon, int groups, int rows, int stages) {                                                                           \
        wurstchen::overlap();                                                                                                            \
        wurstchen::depthwise<N>(wurstchen::Map{H, W, C, epsilon}, wurstchen::Tiling{groups, rows, stages},                               \
                wurstchen::MixingDepthwise{x, stats, weight, bias, next_bias, y, normed});                                               \
    }

MIXING_DEPTHWISE(2)
MIXING_DEPTHWISE(3)
MIXING_DEPTHWISE(4)

extern "C" __global__ void __launch_bounds__(256) mixing_depthwise_any(const half* x, const float2* stats, const half* weight,
        const half* bias, const half* next_bias, half* y, half* normed, int R, int H, int W, int C, float epsilon) {
    wurstchen::overlap();
    const wurstchen::MixingDepthwise op{x, stats, weight, bias, next_bias, y, normed};
    const long tokens = static_cast<long>(R) * H * W;
    for (long token = blockIdx.x; token < tokens; token += gridDim.x) {
        wurstchen::mixing_depthwise_token(wurstchen::Map{H, W, C, epsilon}, op, token);
    }
}
