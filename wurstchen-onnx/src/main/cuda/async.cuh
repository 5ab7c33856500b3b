// Copies from global to shared memory that run while the thread goes on (cp.async, compute capability 8.0 and up).
#pragma once

namespace wurstchen {

// The block's dynamic shared memory.
__device__ __forceinline__ uint4* dynamic_shared() {
    extern __shared__ uint4 dynamic_shared_memory[];
    return dynamic_shared_memory;
}

__device__ __forceinline__ unsigned shared_address(const void* address) {
    return static_cast<unsigned>(__cvta_generic_to_shared(address));
}

// Copies 16 bytes; writes 16 zero bytes and reads nothing where `present` is false.
__device__ __forceinline__ void copy_16(void* to, const void* from, bool present) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(present ? 16 : 0) : "memory");
}

__device__ __forceinline__ void copy_8(void* to, const void* from) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" ::"r"(shared_address(to)), "l"(from) : "memory");
}

// Ends this thread's current group of copies.
__device__ __forceinline__ void commit_copies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

template <int PENDING>
__device__ __forceinline__ void wait_for_all_but() {
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

// Waits until at most `pending` of this thread's groups are unfinished. The instruction takes a constant only.
__device__ __forceinline__ void wait_for_all_but(int pending) {
    switch (pending) {
        case 0: wait_for_all_but<0>(); break;
        case 1: wait_for_all_but<1>(); break;
        case 2: wait_for_all_but<2>(); break;
        case 3: wait_for_all_but<3>(); break;
        case 4: wait_for_all_but<4>(); break;
        default: wait_for_all_but<5>(); break;
    }
}

}  // namespace wurstchen
