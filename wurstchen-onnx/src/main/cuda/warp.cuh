/* The instructions of sm_80 that attention needs, each as one function. The emulation for a CPU (src/test/cuda) brings its own. */
#pragma once
#ifdef WARP_EMULATION
#include WARP_EMULATION
#else

#ifndef INFINITY
#define INFINITY __int_as_float(0x7f800000)
#endif

namespace warp {

using Half = unsigned short; // the bits of a float16

/** Address in the window of shared memory. */
__device__ inline unsigned sharedAddress(const void* pointer) {
    return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

/** Where the dynamic shared memory begins. */
__device__ inline unsigned dynamicShared() {
    extern __shared__ unsigned char dynamicMemory[];
    return sharedAddress(dynamicMemory);
}

/** Starts copying 16 bytes from global to shared memory, or writes zeros without reading. */
__device__ inline void copyAsync16(unsigned target, const void* source, bool read) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(source), "r"(read ? 16 : 0) : "memory");
}

__device__ inline void commitCopies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/** Waits until all but the latest PENDING groups of this thread's copies are done. */
template <int PENDING>
__device__ inline void waitForCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

__device__ inline void syncBlock() {
    __syncthreads();
}

__device__ inline void syncWarp() {
    __syncwarp();
}

template <typename T>
__device__ inline T shuffleXor(T value, int mask) {
    return __shfl_xor_sync(0xffffffffu, value, mask);
}

__device__ inline bool anyLane(bool condition) {
    return __any_sync(0xffffffffu, condition);
}

/** 2^x; 0 for -infinity. */
__device__ inline float exp2Fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ inline float reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ inline unsigned bitsOf(float x) {
    return __float_as_uint(x);
}

__device__ inline float floatOf(unsigned bits) {
    return __uint_as_float(bits);
}

/** Two numbers rounded to float16, `low` in the lower half. */
__device__ inline unsigned pack(float low, float high) {
    unsigned packed;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}

__device__ inline void storeShared4(unsigned target, unsigned value) {
    asm volatile("st.shared.b32 [%0], %1;" ::"r"(target), "r"(value) : "memory");
}

__device__ inline void storeShared16(unsigned target, uint4 value) {
    asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %4};" ::"r"(target), "r"(value.x), "r"(value.y), "r"(value.z), "r"(value.w) : "memory");
}

__device__ inline uint4 loadShared16(unsigned source) {
    uint4 value;
    asm volatile("ld.shared.v4.b32 {%0, %1, %2, %3}, [%4];" : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w) : "r"(source) : "memory");
    return value;
}

/** Four 8x8 matrices of float16; lane i gives the address of row i % 8 of matrix i / 8. */
__device__ inline void loadMatrices(unsigned (&r)[4], unsigned row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(row) : "memory");
}

__device__ inline void loadMatricesTransposed(unsigned (&r)[4], unsigned row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(row) : "memory");
}

/** c += a b for tiles of 16x16 by 16x8. */
__device__ inline void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

} // namespace warp
#endif
