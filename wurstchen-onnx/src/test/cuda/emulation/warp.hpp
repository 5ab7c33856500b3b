/* The functions of warp.cuh, and CUDA's keywords, for a CPU. */
#pragma once
#include <algorithm>

#include "block.hpp"

#define __device__
#define __global__
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define threadIdx (emulation::block.current->thread)
#define blockIdx (emulation::block.index)
#define blockDim (emulation::block.size)

struct uint4 {
    unsigned x, y, z, w;
};

struct __attribute__((aligned(16))) float4 {
    float x, y, z, w;
};

namespace warp {

using Half = unsigned short;
using std::min;

inline unsigned sharedAddress(const void* pointer) {
    return emulation::windowOf(pointer);
}

/** Dynamic shared memory begins where it is aligned to no more than CUDA promises. */
inline unsigned dynamicShared() {
    static unsigned char memory[232448];
    return emulation::windowOf(memory) + 16;
}

inline void copyAsync16(unsigned target, const void* source, bool read) {
    emulation::startCopy(emulation::sharedBytes(target, 16), source, read, 16);
}

inline void commitCopies() {
    emulation::commitCopies();
}

template <int PENDING>
void waitForCopies() {
    emulation::waitForCopies(PENDING);
}

inline void syncBlock() {
    emulation::arrive(0, emulation::block.size.x, true);
}

inline void syncWarp() {
    static const char operation = 0;
    int nothing = 0;
    emulation::together(&operation, nothing, [](int**) {});
}

template <typename T>
T shuffleXor(T value, int mask) {
    static const char operation = 0;
    struct Argument {
        T value;
        int mask;
        T result;
    } argument = {value, mask, 0};
    emulation::together(&operation, argument, [](Argument** lanes) {
        for (int lane = 0; lane < 32; lane++) lanes[lane]->result = lanes[lane ^ lanes[lane]->mask]->value;
    });
    return argument.result;
}

inline bool anyLane(bool condition) {
    static const char operation = 0;
    bool argument = condition;
    emulation::together(&operation, argument, [](bool** lanes) {
        bool any = false;
        for (int lane = 0; lane < 32; lane++) any |= *lanes[lane];
        for (int lane = 0; lane < 32; lane++) *lanes[lane] = any;
    });
    return argument;
}

inline float exp2Fast(float x) {
    const float y = std::exp2(x);
    return y < 1.17549435e-38f ? 0.0f : y;
}

inline float reciprocal(float x) {
    return 1.0f / x;
}

inline unsigned bitsOf(float x) {
    unsigned bits;
    std::memcpy(&bits, &x, 4);
    return bits;
}

inline float floatOf(unsigned bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
}

inline unsigned pack(float low, float high) {
    return emulation::toHalf(low) | static_cast<unsigned>(emulation::toHalf(high)) << 16;
}

inline void storeShared4(unsigned target, unsigned value) {
    std::memcpy(emulation::sharedBytes(target, 4), &value, 4);
    emulation::written(emulation::sharedBytes(target, 4), 4);
}

inline void storeShared16(unsigned target, uint4 value) {
    std::memcpy(emulation::sharedBytes(target, 16), &value, 16);
    emulation::written(emulation::sharedBytes(target, 16), 16);
}

inline uint4 loadShared16(unsigned source) {
    uint4 value;
    std::memcpy(&value, emulation::sharedBytes(source, 16), 16);
    return value;
}

} // namespace warp

namespace emulation {

/** ldmatrix.x4: register i of lane T holds elements 2 (T % 4) and the next of row T / 4 of matrix i; transposed, those of column T / 4. */
inline void matrices(unsigned (&r)[4], unsigned row, bool transposed) {
    static const char operation = 0;
    struct Argument {
        unsigned row;
        bool transposed;
        unsigned result[4];
    } argument = {row, transposed, {}};
    together(&operation, argument, [](Argument** lanes) {
        for (int matrix = 0; matrix < 4; matrix++) {
            uint16_t elements[8][8];
            unsigned banks = 0;
            for (int i = 0; i < 8; i++) {
                const unsigned address = lanes[matrix * 8 + i]->row;
                std::memcpy(elements[i], sharedBytes(address, 16), 16);
                banks |= 1u << (address / 16 % 8);
            }
            if (banks != 255) block.conflicts++;
            for (int lane = 0; lane < 32; lane++) {
                const int outer = lane / 4, inner = lane % 4 * 2;
                const uint16_t low = lanes[lane]->transposed ? elements[inner][outer] : elements[outer][inner];
                const uint16_t high = lanes[lane]->transposed ? elements[inner + 1][outer] : elements[outer][inner + 1];
                lanes[lane]->result[matrix] = low | static_cast<unsigned>(high) << 16;
            }
        }
    });
    std::memcpy(r, argument.result, sizeof argument.result);
}

} // namespace emulation

namespace warp {

inline void loadMatrices(unsigned (&r)[4], unsigned row) {
    emulation::matrices(r, row, false);
}

inline void loadMatricesTransposed(unsigned (&r)[4], unsigned row) {
    emulation::matrices(r, row, true);
}

/** mma.m16n8k16, with the layouts of the PTX ISA's section on it. */
inline void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    static const char operation = 0;
    struct Argument {
        float* c;
        const unsigned* a;
        unsigned b[2];
    } argument = {c, a, {b0, b1}};
    emulation::together(&operation, argument, [](Argument** lanes) {
        float left[16][16], right[16][8];
        for (int lane = 0; lane < 32; lane++) {
            const int group = lane / 4, pair = lane % 4 * 2;
            for (int i = 0; i < 4; i++) {
                for (int half = 0; half < 2; half++) {
                    left[group + (i & 1) * 8][pair + half + (i >> 1) * 8] = emulation::fromHalf(lanes[lane]->a[i] >> (16 * half) & 0xffff);
                }
            }
            for (int i = 0; i < 2; i++) {
                for (int half = 0; half < 2; half++) right[pair + half + i * 8][group] = emulation::fromHalf(lanes[lane]->b[i] >> (16 * half) & 0xffff);
            }
        }
        for (int lane = 0; lane < 32; lane++) {
            for (int i = 0; i < 4; i++) {
                double sum = lanes[lane]->c[i];
                for (int k = 0; k < 16; k++) sum += static_cast<double>(left[lane / 4 + (i >> 1) * 8][k]) * right[k][lane % 4 * 2 + (i & 1)];
                lanes[lane]->c[i] = static_cast<float>(sum);
            }
        }
    });
}

} // namespace warp
