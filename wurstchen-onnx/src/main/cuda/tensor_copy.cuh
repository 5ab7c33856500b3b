/* Hopper's copies of tiles between global and shared memory by the tensor memory accelerator, and barriers of a cluster (sm_90). */
#pragma once
#include "warpgroup.cuh"

namespace warp {

/** What cuTensorMapEncodeTiled writes: a tensor's address, sides and strides, and the tile that one copy moves. A parameter of the kernel. */
struct alignas(64) TensorMap {
    unsigned long long words[16];
};

__device__ inline void prefetch(const TensorMap& map) {
    asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
}

/** Makes this thread's new barriers visible to copies and to the cluster's other blocks, after they synchronize. */
__device__ inline void publishBarriers() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

/** Arrives, and expects copies of so many bytes before the phase completes. */
__device__ inline void arriveAndExpect(unsigned barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

/**
 * Arrives at the barrier at the same address of a block of the cluster. It orders no memory beyond this block, which would take a
 * microsecond: it is for what asynchronous products have read.
 */
__device__ inline void arriveAt(unsigned barrier, unsigned block) {
    asm volatile(
        "{\n"
        ".reg .b32 remote;\n"
        "mapa.shared::cluster.u32 remote, %0, %1;\n"
        "mbarrier.arrive.shared::cluster.b64 _, [remote];\n"
        "}" ::"r"(barrier),
        "r"(block)
        : "memory");
}

/** Starts copying a tile of a matrix from column x and row y on; what lies outside becomes zero. The barrier gets all its bytes. */
__device__ inline void copyTile(unsigned target, const TensorMap& map, int x, int y, unsigned barrier) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(target),
                 "l"(&map), "r"(x), "r"(y), "r"(barrier)
                 : "memory");
}

/** As copyTile for matrix z of several, to the same addresses of all the cluster's blocks in `blocks`, a bit for each. */
__device__ inline void copyTileToAll(unsigned target, const TensorMap& map, int x, int y, int z, unsigned barrier, unsigned short blocks) {
    asm volatile(
        "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%2, %3, %4}], [%5], %6;" ::"r"(
            target),
        "l"(&map), "r"(x), "r"(y), "r"(z), "r"(barrier), "h"(blocks)
        : "memory");
}

/** Starts copying a tile from shared memory; what lies outside the tensor is dropped. */
__device__ inline void storeTile(const TensorMap& map, int x, int y, int z, unsigned source) {
    asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.bulk_group [%0, {%1, %2, %3}], [%4];" ::"l"(&map), "r"(x), "r"(y), "r"(z), "r"(source)
                 : "memory");
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

/** Waits until the tiles that this thread stores have been read from shared memory. */
__device__ inline void waitForStoresToRead() {
    asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
}

/** Waits until the tiles that this thread stores are in global memory. */
__device__ inline void waitForStores() {
    asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

__device__ inline unsigned blockOfCluster() {
    unsigned rank;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}

/** Waits for all threads of all blocks of the cluster. */
__device__ inline void syncCluster() {
    asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}

/** Waits for `threads` threads at one of the block's barriers 1 to 15. */
__device__ inline void syncThreads(int barrier, int threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

/** Arrives at such a barrier without waiting. */
__device__ inline void arriveThreads(int barrier, int threads) {
    asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

template <int REGISTERS>
__device__ inline void takeRegisters() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}

template <int REGISTERS>
__device__ inline void giveRegisters() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}

/** Writes four 8x8 matrices of float16 to shared memory, transposed; lane i gives the address of row i % 8 of what matrix i / 8 becomes. */
__device__ inline void storeMatricesTransposed(unsigned row, unsigned a, unsigned b, unsigned c, unsigned d) {
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(row), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
}

/** Waits until at most PENDING of this warpgroup's latest groups of products are unfinished. */
template <int PENDING>
__device__ inline void waitForProductsBut() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

} // namespace warp
