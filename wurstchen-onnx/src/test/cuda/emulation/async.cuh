/* The functions of src/main/cuda/async.cuh, for a CPU. */
#pragma once
#include <cuda_fp16.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

namespace wurstchen {

/* As much as any device has, before a page that must not be touched: a kernel's shared memory ends there. */
struct SharedMemory {
    static constexpr size_t MOST = 256 << 10;
    unsigned char* end;

    SharedMemory() {
        const size_t page = sysconf(_SC_PAGESIZE);
        void* memory = mmap(nullptr, MOST + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        end = static_cast<unsigned char*>(memory) + MOST;
        mprotect(end, page, PROT_NONE);
        signal(SIGSEGV, [](int) { emulation::fail("an access is outside the kernel's memory"); });
    }
};

inline SharedMemory shared_memory;

inline uint4* dynamic_shared() {
    unsigned char* begin = shared_memory.end - (emulation::block.sharedSize + 15) / 16 * 16;
    emulation::windowOf(begin);
    return reinterpret_cast<uint4*>(begin);
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
