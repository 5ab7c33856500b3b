/* The instructions of sm_90a that attention needs, each as one function. The emulation for a CPU (src/test/cuda) brings its own. */
#pragma once
#include "warp.cuh"
#ifdef WARPGROUP_EMULATION
#include WARPGROUP_EMULATION
#else

namespace warp {

/** A barrier in shared memory that `arrivals` threads complete, again and again. */
__device__ inline void startBarrier(unsigned barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

__device__ inline void arrive(unsigned barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

/** Waits, with the whole warp, until phases 0, 2, 4, ... (parity 0) or 1, 3, 5, ... are complete; the phase before the first one is. */
__device__ inline void waitFor(unsigned barrier, unsigned parity) {
    unsigned done;
    do {
        asm volatile(
            "{\n"
            ".reg .pred p;\n"
            "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
            "selp.u32 %0, 1, 0, p;\n"
            "}"
            : "=r"(done)
            : "r"(barrier), "r"(parity)
            : "memory");
    } while (!done);
}

/** Makes this thread's writes to shared memory visible to the matrix instructions of threads that synchronize with it afterwards. */
__device__ inline void fenceForProducts() {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/** Orders accesses to registers before the products that follow. */
__device__ inline void beginProducts() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ inline void commitProducts() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/** Waits until all products of this warpgroup are done. What they read and write in registers must then be settled. */
__device__ inline void waitForProducts() {
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
}

/** Keeps the compiler from using accumulators before this point. */
template <int BLOCKS>
__device__ inline void settle(float (&d)[BLOCKS][4]) {
#pragma unroll
    for (int n = 0; n < BLOCKS; n++) asm volatile("" : "+f"(d[n][0]), "+f"(d[n][1]), "+f"(d[n][2]), "+f"(d[n][3])::"memory");
}

/** Keeps the compiler from using the registers of left operands for something else before this point. */
template <int STEPS>
__device__ inline void settle(unsigned (&a)[STEPS][4]) {
#pragma unroll
    for (int k = 0; k < STEPS; k++) asm volatile("" : "+r"(a[k][0]), "+r"(a[k][1]), "+r"(a[k][2]), "+r"(a[k][3])::"memory");
}

/**
 * The lower half of the description of a tile in shared memory with rows of 128 bytes whose 16-byte pieces are permuted by the row's last
 * three bits (128-byte swizzle); the tile begins at a multiple of 1024 bytes. Adding bytes / 16 moves it. In units of 16 bytes: the
 * address and, from bit 16 on, an offset that this layout does not use.
 */
__device__ inline unsigned describe(unsigned address) {
    return address >> 4 | 1 << 16;
}

/** The upper half: the offset from 8 rows to the next 8 in units of 16 bytes, and, in the last two bits, the swizzle. */
constexpr unsigned TILE_LAYOUT = 1024 >> 4 | 1 << 30;

/*
 * d = a b, or d += a b, for a warpgroup's 64 rows by 16 of `a`, in registers as for mma.m16n8k16 (warp i has rows 16 i and on), and 16 by
 * 8 * BLOCKS of `b`. In b's tile each row is a column of b; TRANSPOSED, each row is a row of b.
 */

template <bool TRANSPOSED>
__device__ inline void multiplyAsync(float (&d)[8][4], const unsigned (&a)[4], unsigned b, bool add) {
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        ".reg .b64 b;\n"
        "setp.ne.b32 p, %37, 0;\n"
        "mov.b64 b, {%36, %39};\n"
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
        "{%32, %33, %34, %35}, b, p, 1, 1, %38;\n"
        "}"
        : "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]),
          "+f"(d[1][0]), "+f"(d[1][1]), "+f"(d[1][2]), "+f"(d[1][3]),
          "+f"(d[2][0]), "+f"(d[2][1]), "+f"(d[2][2]), "+f"(d[2][3]),
          "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]), "+f"(d[3][3]),
          "+f"(d[4][0]), "+f"(d[4][1]), "+f"(d[4][2]), "+f"(d[4][3]),
          "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]),
          "+f"(d[6][0]), "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]),
          "+f"(d[7][0]), "+f"(d[7][1]), "+f"(d[7][2]), "+f"(d[7][3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b), "r"(static_cast<int>(add)), "n"(TRANSPOSED ? 1 : 0), "n"(TILE_LAYOUT)
        : "memory");
}

template <bool TRANSPOSED>
__device__ inline void multiplyAsync(float (&d)[10][4], const unsigned (&a)[4], unsigned b, bool add) {
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        ".reg .b64 b;\n"
        "setp.ne.b32 p, %45, 0;\n"
        "mov.b64 b, {%44, %47};\n"
        "wgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
        "%32, %33, %34, %35, %36, %37, %38, %39}, "
        "{%40, %41, %42, %43}, b, p, 1, 1, %46;\n"
        "}"
        : "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]),
          "+f"(d[1][0]), "+f"(d[1][1]), "+f"(d[1][2]), "+f"(d[1][3]),
          "+f"(d[2][0]), "+f"(d[2][1]), "+f"(d[2][2]), "+f"(d[2][3]),
          "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]), "+f"(d[3][3]),
          "+f"(d[4][0]), "+f"(d[4][1]), "+f"(d[4][2]), "+f"(d[4][3]),
          "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]),
          "+f"(d[6][0]), "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]),
          "+f"(d[7][0]), "+f"(d[7][1]), "+f"(d[7][2]), "+f"(d[7][3]),
          "+f"(d[8][0]), "+f"(d[8][1]), "+f"(d[8][2]), "+f"(d[8][3]),
          "+f"(d[9][0]), "+f"(d[9][1]), "+f"(d[9][2]), "+f"(d[9][3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b), "r"(static_cast<int>(add)), "n"(TRANSPOSED ? 1 : 0), "n"(TILE_LAYOUT)
        : "memory");
}

} // namespace warp
#endif
