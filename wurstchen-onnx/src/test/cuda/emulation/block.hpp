/*
 * Runs one block of a CUDA kernel on a CPU: each thread is a fiber, and warps and their lanes run in random order between the
 * points where they wait. What a warp does together (matrix instructions, shuffles) is computed when its last lane arrives. An asynchronous copy
 * spoils its target when it is issued and writes it when it is waited for, so a missing wait or barrier gives NaN sooner or later.
 */
#pragma once
#include <ucontext.h>

#include <algorithm>
#include <csetjmp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace emulation {

struct Index {
    unsigned x = 0, y = 0, z = 0;
};

[[noreturn]] inline void fail(const char* what) {
    std::printf("emulation: %s\n", what);
    std::fflush(stdout);
    std::_Exit(1); // the stack may be a fiber's
}

struct Copy {
    unsigned char* target;
    const unsigned char* source;
    bool read; // else zeros are written
    unsigned size = 16;

    void run() const {
        if (read) std::memcpy(target, source, size);
        else std::memset(target, 0, size);
    }
};

/** A matrix product of a warpgroup that was started; what it reads and writes in registers is not to be touched. */
struct Product {
    float (*result)[4];
    int blocks;
    const unsigned* left;
    unsigned right;
    bool transposed;
    bool add;
};

struct Fiber {
    jmp_buf context;
    std::unique_ptr<unsigned char[]> stack; // null until the fiber first runs
    Index thread;
    bool runnable = true;
    bool ended = false;
    bool hasWaited = false; // for the kernel before this one
    std::vector<Copy> copies;
    std::vector<std::vector<Copy>> groups;
    std::vector<unsigned> unfenced; // words of shared memory
    std::vector<Product> products;
    bool mayStartProducts = false;
};

struct Warp {
    const void* arguments[32];
    const void* operation = nullptr;
    int arrived = 0;
};

struct Barrier {
    int arrived = 0;
    std::vector<Fiber*> waiting;
};

/** A barrier in shared memory. */
struct PhaseBarrier {
    int arrivals = 0;
    int missing = 0;
    unsigned phase = 0;
    std::vector<Fiber*> waiting;
};

/** Memory of the GPU that a kernel may not touch before it has waited for the kernel before it. */
struct Held {
    unsigned char* data;
    size_t size;
    std::vector<unsigned char> contents = {};

    void spoil() {
        contents.assign(data, data + size);
        std::memset(data, 0xff, size);
    }

    bool touched() const {
        return std::any_of(data, data + size, [](unsigned char byte) { return byte != 0xff; });
    }
};

constexpr int STACK = 128 * 1024;
constexpr int BARRIERS = 16;

struct Block {
    Index index, size, grid;
    std::deque<Fiber> fibers; // as many as the largest block so far
    std::vector<Warp> warps;
    Barrier barriers[BARRIERS];
    unsigned char* shared = nullptr; // what the kernel calls its shared memory
    unsigned sharedSize = 0;
    std::vector<uint16_t> writers; // of each word of shared memory, 0 once it is fenced for the matrix units
    std::map<unsigned, PhaseBarrier> phaseBarriers;
    unsigned conflicts = 0;
    std::vector<Held> held;
    size_t mayHold = 0; // bytes, of further blocks
    int waitedForPrevious = 0; // threads
    jmp_buf scheduler;
    Fiber* current = nullptr;
    std::mt19937* random = nullptr;
    std::function<void()> kernel;
};

inline Block block;

inline void pause() {
    Fiber* self = block.current;
    if (!_setjmp(self->context)) _longjmp(block.scheduler, 1);
}

inline void wait() {
    block.current->runnable = false;
    pause();
}

/** Runs one kernel after another: a fiber is used again in the next block. */
inline void enter() {
    for (;;) {
        block.kernel();
        if (!block.current->hasWaited) fail("a thread ends without having waited for the kernel before it");
        block.current->ended = true;
        wait();
    }
}

inline void start(Fiber& fiber, int thread) {
    fiber.thread = {static_cast<unsigned>(thread), 0, 0};
    fiber.runnable = true;
    fiber.ended = false;
    fiber.hasWaited = false;
    fiber.copies.clear();
    fiber.groups.clear();
    fiber.unfenced.clear();
    fiber.products.clear();
    fiber.mayStartProducts = false;
}

/** Spoils the memory that the kernel may not touch yet, in the first blocks: in all of them it takes long where there are many. */
inline void hold() {
    size_t bytes = 0;
    for (const Held& held : block.held) bytes += held.size;
    if (bytes > block.mayHold) {
        block.held.clear();
        return;
    }
    block.mayHold -= bytes;
    for (Held& held : block.held) held.spoil();
}

inline void release() {
    for (const Held& held : block.held) {
        if (held.touched()) fail("a thread writes before all have waited for the kernel before it");
        std::copy(held.contents.begin(), held.contents.end(), held.data);
    }
}

/** Waits for the kernel before this one, which ends when all threads of the block wait for it. */
inline void awaitPrevious() {
    block.current->hasWaited = true;
    if (++block.waitedForPrevious < static_cast<int>(block.size.x)) return wait();
    release();
    for (unsigned thread = 0; thread < block.size.x; thread++) block.fibers[thread].runnable = true;
}

/** Goes on with a fiber until it pauses. */
inline void resume(Fiber& fiber) {
    block.current = &fiber;
    if (_setjmp(block.scheduler)) return;
    if (fiber.stack) _longjmp(fiber.context, 1);
    fiber.stack.reset(new unsigned char[STACK]);
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = fiber.stack.get();
    context.uc_stack.ss_size = STACK;
    context.uc_link = nullptr;
    makecontext(&context, enter, 0);
    setcontext(&context);
}

/** Runs the lanes of a warp that can run, sometimes only one; returns whether there was one. */
inline bool runWarp(int warp) {
    bool ran = false;
    const unsigned random = (*block.random)();
    for (int i = 0; i < 32; i++) {
        Fiber& fiber = block.fibers[warp * 32 + (i + random) % 32];
        if (!fiber.runnable) continue;
        resume(fiber);
        ran = true;
        if (random >> 5 & 1) break;
    }
    return ran;
}

inline void runBlock(int threads, const std::function<void()>& kernel) {
    block.kernel = kernel;
    block.shared = nullptr;
    while (block.fibers.size() < static_cast<size_t>(threads)) block.fibers.emplace_back();
    block.warps.assign(threads / 32, {});
    block.phaseBarriers.clear();
    block.writers.assign(block.sharedSize / 4, 0);
    for (Barrier& barrier : block.barriers) barrier = {};
    block.waitedForPrevious = 0;
    hold();
    for (int thread = 0; thread < threads; thread++) start(block.fibers[thread], thread);
    const int warps = threads / 32;
    for (;;) {
        const int first = (*block.random)() % warps;
        bool ran = false;
        for (int i = 0; i < warps && !ran; i++) ran = runWarp((first + i) % warps);
        if (!ran) break;
    }
    for (int thread = 0; thread < threads; thread++) {
        const Fiber& fiber = block.fibers[thread];
        if (!fiber.ended) fail("a thread waits for ever");
        if (!fiber.products.empty()) fail("a product was never waited for");
        if (!fiber.copies.empty()) fail("a copy was never committed");
        for (const auto& group : fiber.groups) {
            if (!group.empty()) fail("a copy was never waited for");
        }
    }
}

constexpr size_t MAY_HOLD = 32 << 20;

/** Runs a kernel for every block of a grid, in random order. `held`: the memory of its arguments. */
inline void launch(Index grid, int threads, unsigned sharedSize, unsigned seed, std::vector<Held> held, const std::function<void()>& kernel) {
    std::mt19937 random(seed);
    block.random = &random;
    block.grid = grid;
    block.size = {static_cast<unsigned>(threads), 1, 1};
    block.sharedSize = sharedSize;
    block.conflicts = 0;
    block.held = std::move(held);
    block.mayHold = MAY_HOLD;
    std::vector<Index> blocks;
    for (unsigned z = 0; z < grid.z; z++) {
        for (unsigned y = 0; y < grid.y; y++) {
            for (unsigned x = 0; x < grid.x; x++) blocks.push_back({x, y, z});
        }
    }
    std::shuffle(blocks.begin(), blocks.end(), random);
    for (const Index& index : blocks) {
        block.index = index;
        runBlock(threads, kernel);
    }
}

/** Waits for all lanes of the warp; the last one calls `execute` with every lane's argument. */
template <typename Argument, typename Execute>
void together(const void* operation, Argument& argument, Execute execute) {
    const int thread = block.current->thread.x;
    Warp& warp = block.warps[thread / 32];
    if (warp.arrived == 0) warp.operation = operation;
    if (warp.operation != operation) fail("lanes of one warp call different operations");
    warp.arguments[thread % 32] = &argument;
    if (++warp.arrived < 32) return wait();
    Argument* arguments[32];
    for (int lane = 0; lane < 32; lane++) {
        arguments[lane] = static_cast<Argument*>(const_cast<void*>(warp.arguments[lane]));
        block.fibers[thread / 32 * 32 + lane].runnable = true;
    }
    warp.arrived = 0;
    execute(arguments);
}

/** Arrives at a barrier of `threads` threads, and waits for the others if told so. */
inline void arrive(int number, int threads, bool waits) {
    if (number >= BARRIERS) fail("there are 16 barriers");
    Barrier& barrier = block.barriers[number];
    if (++barrier.arrived < threads) {
        if (!waits) return;
        barrier.waiting.push_back(block.current);
        return wait();
    }
    for (Fiber* fiber : barrier.waiting) fiber->runnable = true;
    barrier = {};
}

/** Names the kernel's shared memory, which is spoiled, and gives the address in its window. */
inline unsigned windowOf(const void* pointer) {
    unsigned char* bytes = static_cast<unsigned char*>(const_cast<void*>(pointer));
    if (block.shared == nullptr) {
        block.shared = bytes;
        std::memset(bytes, 0xff, block.sharedSize);
    }
    return static_cast<unsigned>(bytes - block.shared);
}

/** Starts a copy whose target is spoiled until it is waited for. */
inline void startCopy(unsigned char* target, const void* source, bool read, unsigned size) {
    if (reinterpret_cast<uintptr_t>(source) % size != 0) fail("the source of a copy is not aligned");
    if (read && !block.current->hasWaited) fail("a copy starts before its thread has waited for the kernel before it");
    std::memset(target, 0xff, size);
    block.current->copies.push_back({target, static_cast<const unsigned char*>(source), read, size});
}

inline void commitCopies() {
    Fiber& fiber = *block.current;
    fiber.groups.push_back(std::move(fiber.copies));
    fiber.copies.clear();
}

inline unsigned char* sharedBytes(unsigned address, unsigned size) {
    if (address % size != 0) fail("an address of shared memory is not aligned");
    if (address + size > block.sharedSize) fail("an address is outside shared memory");
    return block.shared + address;
}

/** Notes that the current thread wrote to shared memory, which the matrix units see only after a fence. */
inline void written(const unsigned char* bytes, unsigned size) {
    for (unsigned word = (bytes - block.shared) / 4; size > 0; word++, size -= 4) {
        block.writers[word] = block.current->thread.x + 1;
        block.current->unfenced.push_back(word);
    }
}

/** Runs all but the latest `pending` groups of copies. */
inline void waitForCopies(int pending) {
    auto& groups = block.current->groups;
    while (static_cast<int>(groups.size()) > pending) {
        for (const Copy& copy : groups.front()) {
            copy.run();
            written(copy.target, copy.size);
        }
        groups.erase(groups.begin());
    }
}

inline float fromHalf(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const int fraction = bits & 1023;
    const float sign = bits & 0x8000 ? -1.0f : 1.0f;
    if (exponent == 31) return fraction ? NAN : sign * INFINITY;
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
    return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

inline uint16_t toHalf(float value) {
    const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    const float size = std::fabs(value);
    if (std::isnan(value)) return 0x7fff;
    if (size >= 65520.0f) return sign | 0x7c00;
    int exponent;
    std::frexp(size, &exponent);
    const int unit = size == 0 ? -24 : std::max(exponent - 11, -24); // of the last place
    const int places = static_cast<int>(std::nearbyint(std::ldexp(size, -unit)));
    return unit == -24 ? sign | places : sign | (((unit + 25) << 10) + places - 1024);
}

} // namespace emulation
