/* What the kernels use of CUDA C++, for a CPU. */
#pragma once
#include <algorithm>

#include "block.hpp"

#define __device__
#define __host__
#define __global__
#define __forceinline__ inline
#define __restrict__
#define __launch_bounds__(...)
#define __shared__ static
#define threadIdx (emulation::block.current->thread)
#define blockIdx (emulation::block.index)
#define blockDim (emulation::block.size)
#define gridDim (emulation::block.grid)

struct alignas(16) uint4 {
    unsigned x, y, z, w;
};

struct alignas(16) float4 {
    float x, y, z, w;
};

struct alignas(8) float2 {
    float x, y;
};

struct half {
    uint16_t bits;
};

struct alignas(4) half2 {
    half x, y;
};

using std::fmaf;
using std::max;
using std::min;

inline float __half2float(half value) {
    _Float16 number;
    std::memcpy(&number, &value, sizeof value);
    return static_cast<float>(number);
}

inline half __float2half_rn(float value) {
    const _Float16 number = static_cast<_Float16>(value);
    half result;
    std::memcpy(&result, &number, sizeof result);
    return result;
}

inline float2 __half22float2(half2 pair) {
    return {__half2float(pair.x), __half2float(pair.y)};
}

inline half2 __floats2half2_rn(float x, float y) {
    return {__float2half_rn(x), __float2half_rn(y)};
}

inline float2 make_float2(float x, float y) {
    return {x, y};
}

inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
    return {x, y, z, w};
}

inline float rsqrtf(float value) {
    return 1.0f / std::sqrt(value);
}

inline float __ldcg(const float* address) {
    return *address;
}

inline void __threadfence() {}

inline void __syncthreads() {
    emulation::arrive(0, blockDim.x, true);
}

inline void __syncwarp() {
    static const char operation = 0;
    int nothing = 0;
    emulation::together(&operation, nothing, [](int**) {});
}

inline float __shfl_xor_sync(unsigned mask, float value, int distance) {
    if (mask != 0xffffffffu) emulation::fail("a shuffle names a part of a warp");
    static const char operation = 0;
    struct Argument {
        float value;
        int distance;
        float result;
    } argument = {value, distance, 0};
    emulation::together(&operation, argument, [](Argument** lanes) {
        for (int lane = 0; lane < 32; lane++) lanes[lane]->result = lanes[lane ^ lanes[lane]->distance]->value;
    });
    return argument.result;
}

/** Blocks run one after another here. */
inline unsigned atomicInc(unsigned* address, unsigned limit) {
    const unsigned old = *address;
    *address = old >= limit ? 0 : old + 1;
    return old;
}
