// Eight halves at a time: 16-byte loads and stores, float arithmetic.
#pragma once
#include <cuda_fp16.h>

namespace wurstchen {

constexpr int WIDTH = 8;

// By value: through a reference the compiler would load the pairs one by one.
__device__ __forceinline__ void unpack(const uint4 packed, float (&values)[WIDTH]) {
    const half2* pairs = reinterpret_cast<const half2*>(&packed);
#pragma unroll
    for (int i = 0; i < WIDTH / 2; i++) {
        const float2 pair = __half22float2(pairs[i]);
        values[2 * i] = pair.x;
        values[2 * i + 1] = pair.y;
    }
}

__device__ __forceinline__ uint4 pack(const float (&values)[WIDTH]) {
    uint4 packed;
    half2* pairs = reinterpret_cast<half2*>(&packed);
#pragma unroll
    for (int i = 0; i < WIDTH / 2; i++) {
        pairs[i] = __floats2half2_rn(values[2 * i], values[2 * i + 1]);
    }
    return packed;
}

__device__ __forceinline__ const uint4* vectors(const half* address) {
    return reinterpret_cast<const uint4*>(address);
}

__device__ __forceinline__ uint4* vectors(half* address) {
    return reinterpret_cast<uint4*>(address);
}

// Loads the first `valid` of eight values (all of them where ALIGNED), the others are zero. ALIGNED: 16 bytes at once.
template <bool ALIGNED>
__device__ __forceinline__ void load(const half* address, int valid, float (&values)[WIDTH]) {
    if constexpr (ALIGNED) {
        unpack(*vectors(address), values);
    } else {
#pragma unroll
        for (int i = 0; i < WIDTH; i++) {
            values[i] = i < valid ? __half2float(address[i]) : 0.f;
        }
    }
}

template <bool ALIGNED>
__device__ __forceinline__ void store(half* address, int valid, const float (&values)[WIDTH]) {
    if constexpr (ALIGNED) {
        *vectors(address) = pack(values);
    } else {
#pragma unroll
        for (int i = 0; i < WIDTH; i++) {
            if (i < valid) {
                address[i] = __float2half_rn(values[i]);
            }
        }
    }
}

template <bool ALIGNED>
__device__ __forceinline__ void load(const float* address, int valid, float (&values)[WIDTH]) {
    if constexpr (ALIGNED) {
        const float4* quads = reinterpret_cast<const float4*>(address);
        const float4 low = quads[0], high = quads[1];
        values[0] = low.x, values[1] = low.y, values[2] = low.z, values[3] = low.w;
        values[4] = high.x, values[5] = high.y, values[6] = high.z, values[7] = high.w;
    } else {
#pragma unroll
        for (int i = 0; i < WIDTH; i++) {
            values[i] = i < valid ? address[i] : 0.f;
        }
    }
}

// (value - mean) * inverse of eight values at once, with one operation each.
__device__ __forceinline__ void normalize(const float (&values)[WIDTH], float mean, float inverse, float (&result)[WIDTH]) {
    const float shift = -mean * inverse;
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
        result[i] = fmaf(values[i], inverse, shift);
    }
}

}  // namespace wurstchen
