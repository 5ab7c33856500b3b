/* The functions of src/main/cuda/async.cuh, for a CPU. */
#pragma once
#include <cuda_fp16.h>

namespace wurstchen {

inline uint4 shared_memory[(256 << 10) / sizeof(uint4)];

inline uint4* dynamic_shared() {
    emulation::windowOf(shared_memory);
    return shared_memory;
}

inline void copy(void* to, const void* from, bool present, unsigned size) {
    emulation::startCopy(emulation::sharedBytes(emulation::windowOf(to), size), from, present, size);
}

inline void copy_16(void* to, const void* from, bool present) {
    copy(to, from, present, 16);
}

inline void copy_8(void* to, const void* from) {
    copy(to, from, true, 8);
}

inline void commit_copies() {
    emulation::commitCopies();
}

inline void wait_for_all_but(int pending) {
    emulation::waitForCopies(pending);
}

}  // namespace wurstchen
