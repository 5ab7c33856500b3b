// Norms over the channels of tokens [tokens, C], in float32. The kernels for C a multiple of 8 up to 2048 give a token a warp, whose lanes
// keep its values in registers: every value is read once. The `_any` kernels give a token a block of 256 and take any C and alignment.
#include <overlap.cuh>

#include "reduce.cuh"
#include "vectors.cuh"

namespace wurstchen {

constexpr int WARP_CHANNELS = 32 * WIDTH;

// PARTS times 8 values a lane of one token or vector; what lies beyond `channels` is zero.
template <int PARTS>
struct Parts {
    uint4 raw[PARTS];

    __device__ __forceinline__ Parts(const half* from, int channels) {
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
            const int at = part * WARP_CHANNELS + threadIdx.x % 32 * WIDTH;
            raw[part] = make_uint4(0, 0, 0, 0);
            if (at < channels) {
                raw[part] = *vectors(from + at);
            }
        }
    }
};

// A token's values in the registers of a warp.
template <int PARTS>
struct Token {
    float values[PARTS][WIDTH];
    int channels;

    __device__ __forceinline__ Token(const Parts<PARTS>& x, int channels) : channels(channels) {
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
            unpack(x.raw[part], values[part]);
        }
    }

    __device__ __forceinline__ static int at(int part) {
        return part * WARP_CHANNELS + threadIdx.x % 32 * WIDTH;
    }

    __device__ __forceinline__ bool present(int part) const {
        return at(part) < channels;
    }

    __device__ __forceinline__ void affine(const Parts<PARTS>& scale, const Parts<PARTS>& offset) {
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
            float factor[WIDTH], shift[WIDTH];
            unpack(scale.raw[part], factor);
            unpack(offset.raw[part], shift);
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                values[part][i] = fmaf(values[part][i], 1.f + factor[i], shift[i]);
            }
        }
    }

    __device__ __forceinline__ float mean() const {
        float sum = 0.f;
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                sum += values[part][i];
            }
        }
        return warp_sum(sum) / channels;
    }

    __device__ __forceinline__ float inverse_deviation(float mean, float epsilon) const {
        float squares = 0.f;
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                const float deviation = present(part) ? values[part][i] - mean : 0.f;
                squares = fmaf(deviation, deviation, squares);
            }
        }
        return rsqrtf(warp_sum(squares) / channels + epsilon);
    }

    __device__ __forceinline__ void store(half* to) const {
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
            const uint4 packed = pack(values[part]);
            if (present(part)) {
                *vectors(to + at(part)) = packed;
            }
        }
    }

    __device__ __forceinline__ void normalize(float mean, float inverse) {
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
            wurstchen::normalize(values[part], mean, inverse, values[part]);
        }
    }
};

struct AffineNorm {
    const half *x, *scale, *offset;
    half *y, *normed;
    int channels;
    float epsilon;

    template <int PARTS>
    __device__ __forceinline__ void token(long index) const {
        const Parts<PARTS> values(x + index * channels, channels), factors(scale, channels), shifts(offset, channels);
        __syncwarp();  // or the compiler puts off some of the loads until others have arrived
        Token<PARTS> token(values, channels);
        token.affine(factors, shifts);
        token.store(y + index * channels);
        const float mean = token.mean();
        token.normalize(mean, token.inverse_deviation(mean, epsilon));
        token.store(normed + index * channels);
    }
};

struct NormStatistics {
    const half* x;
    float2* stats;
    int channels;
    float epsilon;

    template <int PARTS>
    __device__ __forceinline__ void token(long index) const {
        const Token<PARTS> token(Parts<PARTS>(x + index * channels, channels), channels);
        const float mean = token.mean();
        const float inverse = token.inverse_deviation(mean, epsilon);
        if (threadIdx.x % 32 == 0) {
            stats[index] = make_float2(mean, inverse);
        }
    }
};

template <int PARTS, class OPERATOR>
__device__ __forceinline__ void warp_per_token(const OPERATOR& op, long tokens) {
    const long warps = static_cast<long>(gridDim.x) * (blockDim.x / 32);
    for (long token = static_cast<long>(blockIdx.x) * (blockDim.x / 32) + threadIdx.x / 32; token < tokens; token += warps) {
        op.template token<PARTS>(token);
    }
}

// (mean, 1 / standard deviation) of value(c) over the channels; every thread of the block gets it.
template <class VALUE>
__device__ __forceinline__ float2 block_statistics(int channels, float epsilon, const VALUE& value) {
    float sum = 0.f, squares = 0.f;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        sum += value(c);
    }
    const float mean = block_sum(sum) / channels;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        const float deviation = value(c) - mean;
        squares = fmaf(deviation, deviation, squares);
    }
    return make_float2(mean, rsqrtf(block_sum(squares) / channels + epsilon));
}

}  // namespace wurstchen

// N: parts of 256 channels, the last of which may be shorter.
#define NORM_KERNELS(N)                                                                                                                  \
    extern "C" __global__ void __launch_bounds__(128) affine_norm_##N(const half* x, const half* scale, const half* offset, half* y,    \
            half* normed, long tokens, int C, float epsilon) {                                                                           \
        wurstchen::overlap();                                                                                                            \
        wurstchen::warp_per_token<N>(wurstchen::AffineNorm{x, scale, offset, y, normed, C, epsilon}, tokens);                            \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(128) norm_statistics_##N(const half* x, float2* stats, long tokens, int C,             \
            float epsilon) {                                                                                                             \
        wurstchen::overlap();                                                                                                            \
        wurstchen::warp_per_token<N>(wurstchen::NormStatistics{x, stats, C, epsilon}, tokens);                                           \
    }

NORM_KERNELS(1)
NORM_KERNELS(2)
NORM_KERNELS(3)
NORM_KERNELS(4)
NORM_KERNELS(6)
NORM_KERNELS(8)

extern "C" __global__ void __launch_bounds__(256) affine_norm_any(const half* x, const half* scale, const half* offset, half* y, half* normed,
        long tokens, int C, float epsilon) {
    wurstchen::overlap();
    for (long token = blockIdx.x; token < tokens; token += gridDim.x) {
        auto value = [&](int c) {
            return fmaf(__half2float(x[token * C + c]), 1.f + __half2float(scale[c]), __half2float(offset[c]));
        };
        const float2 norm = wurstchen::block_statistics(C, epsilon, value);
        for (int c = threadIdx.x; c < C; c += blockDim.x) {
            y[token * C + c] = __float2half_rn(value(c));
            normed[token * C + c] = __float2half_rn((value(c) - norm.x) * norm.y);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) norm_statistics_any(const half* x, float2* stats, long tokens, int C, float epsilon) {
    wurstchen::overlap();
    for (long token = blockIdx.x; token < tokens; token += gridDim.x) {
        const float2 norm = wurstchen::block_statistics(C, epsilon, [&](int c) { return __half2float(x[token * C + c]); });
        if (threadIdx.x == 0) {
            stats[token] = norm;
        }
    }
}
