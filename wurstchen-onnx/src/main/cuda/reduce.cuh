// Sums over threads in a fixed order, so that the same input gives the same bits.
#pragma once

namespace wurstchen {

constexpr unsigned WHOLE_WARP = 0xffffffffu;

// Sum over groups of `lanes` neighbouring lanes (a power of two up to 32); every lane of the warp must call it and gets its group's sum.
__device__ __forceinline__ float warp_sum(float value, int lanes = 32) {
#pragma unroll 5
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
        value += __shfl_xor_sync(WHOLE_WARP, value, distance);
    }
    return value;
}

// Sum over a block of 256 threads; every thread must call it and gets the sum.
__device__ __forceinline__ float block_sum(float value) {
    __shared__ float warps[8];
    value = warp_sum(value);
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    float sum = 0.f;
#pragma unroll
    for (int warp = 0; warp < 8; warp++) {
        sum += warps[warp];
    }
    __syncthreads();
    return sum;
}

}  // namespace wurstchen
