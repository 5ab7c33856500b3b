/* The functions of warpgroup.cuh for a CPU. A product is computed when it is waited for, from what registers and shared memory hold then. */
#pragma once
#include "warp.hpp"

namespace warp {

inline void startBarrier(unsigned barrier, int arrivals) {
    emulation::sharedBytes(barrier, 8);
    emulation::block.phaseBarriers[barrier] = {arrivals, arrivals, 0, {}};
}

} // namespace warp

namespace emulation {

inline PhaseBarrier& phaseBarrier(unsigned address) {
    const auto found = block.phaseBarriers.find(address);
    if (found == block.phaseBarriers.end()) fail("a barrier was not started");
    return found->second;
}

} // namespace emulation

namespace warp {

inline void arrive(unsigned address) {
    emulation::PhaseBarrier& barrier = emulation::phaseBarrier(address);
    if (--barrier.missing > 0) return;
    barrier.missing = barrier.arrivals;
    barrier.phase ^= 1;
    for (emulation::Fiber* fiber : barrier.waiting) fiber->runnable = true;
    barrier.waiting.clear();
}

inline void waitFor(unsigned address, unsigned parity) {
    if (parity > 1) emulation::fail("a parity is 0 or 1");
    for (;;) {
        emulation::PhaseBarrier& barrier = emulation::phaseBarrier(address);
        if (barrier.phase != parity) return;
        barrier.waiting.push_back(emulation::block.current);
        emulation::wait();
    }
}

inline void fenceForProducts() {
    emulation::Fiber& fiber = *emulation::block.current;
    for (const unsigned word : fiber.unfenced) {
        if (emulation::block.writers[word] == fiber.thread.x + 1) emulation::block.writers[word] = 0;
    }
    fiber.unfenced.clear();
}

inline void beginProducts() {
    emulation::block.current->mayStartProducts = true;
}

inline void commitProducts() {
    emulation::block.current->mayStartProducts = false;
}

inline unsigned describe(unsigned address) {
    if (address % 1024 != 0) emulation::fail("a tile of 128-byte rows begins at a multiple of 1024");
    return address >> 4;
}

template <bool TRANSPOSED, int BLOCKS>
void multiplyAsync(float (&d)[BLOCKS][4], const unsigned (&a)[4], unsigned b, bool add) {
    emulation::Fiber& fiber = *emulation::block.current;
    if (!fiber.mayStartProducts) emulation::fail("a product was started without a fence, or after its group's end");
    if (TRANSPOSED && BLOCKS != 8) emulation::fail("a transposed right operand has 64 columns");
    fiber.products.push_back({d, BLOCKS, a, b, TRANSPOSED, add});
}

template <typename T>
void settle(T&) {}

} // namespace warp

namespace emulation {

/** Element (k, n) of a right operand, by the layouts of the PTX ISA's section on matrices in shared memory, 128-byte swizzle. */
inline float rightElement(const Product& product, int k, int n) {
    const int row = product.transposed ? k : n;
    const int column = product.transposed ? n : k;
    unsigned address = (product.right << 4) + row / 8 * 1024 + row % 8 * 128 + column * 2;
    address ^= (address >> 7 & 7) << 4;
    const unsigned char* bytes = sharedBytes(address, 2);
    if (block.writers[address / 4] != 0) fail("a product reads what was written without a fence");
    uint16_t bits;
    std::memcpy(&bits, bytes, 2);
    return fromHalf(bits);
}

/** One product of a warp: its 16 of the warpgroup's 64 rows. */
inline void multiplyWarp(const Product* (&lanes)[32]) {
    float left[16][16];
    for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < 4; i++) {
            for (int half = 0; half < 2; half++) {
                left[lane / 4 + (i & 1) * 8][lane % 4 * 2 + half + (i >> 1) * 8] = fromHalf(lanes[lane]->left[i] >> (16 * half) & 0xffff);
            }
        }
    }
    for (int n = 0; n < lanes[0]->blocks * 8; n++) {
        float right[16];
        for (int k = 0; k < 16; k++) right[k] = rightElement(*lanes[0], k, n);
        for (int row = 0; row < 16; row++) {
            const Product& product = *lanes[row % 8 * 4 + n % 8 / 2];
            float& result = product.result[n / 8][n % 2 + row / 8 * 2];
            double sum = product.add ? result : 0;
            for (int k = 0; k < 16; k++) sum += static_cast<double>(left[row][k]) * right[k];
            result = static_cast<float>(sum);
        }
    }
}

} // namespace emulation

namespace warp {

inline void waitForProducts() {
    static const char operation = 0;
    emulation::together(&operation, emulation::block.current->products, [](std::vector<emulation::Product>** lanes) {
        for (size_t i = 0; i < lanes[0]->size(); i++) {
            const emulation::Product* products[32];
            for (int lane = 0; lane < 32; lane++) {
                if (lanes[lane]->size() != lanes[0]->size() || (*lanes[lane])[i].right != (*lanes[0])[i].right) emulation::fail("lanes start different products");
                products[lane] = &(*lanes[lane])[i];
            }
            emulation::multiplyWarp(products);
        }
        for (int lane = 0; lane < 32; lane++) lanes[lane]->clear();
    });
}

} // namespace warp
