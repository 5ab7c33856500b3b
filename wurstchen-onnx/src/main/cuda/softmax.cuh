/* A softmax that sees its row piece by piece, on the registers that the matrix instructions leave. */
#pragma once
#include "warp.cuh"

namespace attention {

using namespace warp;

constexpr float LOG2_E = 1.4426950408889634f;
constexpr float RESCALE_ABOVE = 8.0f; // log2: the maximum in use may be exceeded by a factor of 2^8, which float16 has room for

/**
 * 2^x by the units for additions and products, for part of the numbers where the unit for exponentials is what one waits for:
 * 2^(x - n) for the integer n next to x by a polynomial of the least relative error (7.5e-5, below float16's 4.9e-4), then n is added
 * to the exponent. x must be below 127; very small results are 2^-125 instead of 0.
 */
__device__ inline float exp2Polynomial(float x) {
    const float bounded = fmaxf(x, -125.0f);
    const float shifted = bounded + 12582912.0f; // 1.5 * 2^23: the integer stands in the last bits
    const float rest = bounded - (shifted - 12582912.0f);
    const float power = ((0.0551716691f * rest + 0.242611122f) * rest + 0.693260985f) * rest + 0.999928074f;
    return floatOf(bitsOf(power) + (bitsOf(shifted) << 23));
}

/**
 * The maximum and the sum of 16 rows, of which a lane knows rows lane / 4 and lane / 4 + 8. Products come as accumulators of m16n8
 * tiles: s[n][2 * half + i] is in column 8 * n + 2 * (lane % 4) + i.
 */
struct Softmax {
    float maximum[2] = {-INFINITY, -INFINITY}; // of the products before scaling; behind by RESCALE_ABOVE at most
    float sum[2] = {0, 0};                     // this lane's part

    /** Makes products of keys from `valid` on count for nothing. */
    template <int BLOCKS>
    __device__ inline static void mask(float (&s)[BLOCKS][4], int valid) {
        const int column = (threadIdx.x & 3) * 2;
#pragma unroll
        for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                if (n * 8 + column + (i & 1) >= valid) s[n][i] = -INFINITY;
            }
        }
    }

    /** Takes note of new products; true if what was added up before must be multiplied by `factor`, which is 1 elsewhere. */
    template <int BLOCKS>
    __device__ inline bool raise(const float (&s)[BLOCKS][4], float scale, float (&factor)[2]) {
        bool changed = false;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float most = fmaxf(s[0][2 * half], s[0][2 * half + 1]);
#pragma unroll
            for (int n = 1; n < BLOCKS; n++) most = fmaxf(most, fmaxf(s[n][2 * half], s[n][2 * half + 1]));
            most = fmaxf(most, shuffleXor(most, 1));
            most = fmaxf(most, shuffleXor(most, 2));
            const bool higher = (most - maximum[half]) * scale > RESCALE_ABOVE;
            factor[half] = higher ? exp2Fast((maximum[half] - most) * scale) : 1.0f;
            if (higher) maximum[half] = most;
            changed |= higher;
        }
        return changed;
    }

    __device__ inline void rescale(float (&output)[8][4], const float (&factor)[2]) {
#pragma unroll
        for (int n = 0; n < 8; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) output[n][i] *= factor[i >> 1];
        }
        sum[0] *= factor[0];
        sum[1] *= factor[1];
    }

    /** Replaces products by exp2(scale * (product - maximum)) and adds them to the sums; one tile in POLYNOMIAL by exp2Polynomial. */
    template <int BLOCKS, int POLYNOMIAL>
    __device__ inline void exponentials(float (&s)[BLOCKS][4], float scale) {
        const float shift[2] = {maximum[0] * scale, maximum[1] * scale};
#pragma unroll
        for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const float x = s[n][i] * scale - shift[i >> 1];
                s[n][i] = POLYNOMIAL > 0 && n % POLYNOMIAL == 1 ? exp2Polynomial(x) : exp2Fast(x);
            }
            sum[0] += s[n][0] + s[n][1];
            sum[1] += s[n][2] + s[n][3];
        }
    }

    /** What the output of a row must be multiplied by at the end. */
    __device__ inline float inverse(int half) const {
        float total = sum[half];
        total += shuffleXor(total, 1);
        total += shuffleXor(total, 2);
        return reciprocal(total);
    }
};

/** The left operand, 16 rows by 16 keys from 16 * k on, of the product with the values. */
template <int BLOCKS>
__device__ inline void weights(unsigned (&a)[4], const float (&s)[BLOCKS][4], int k) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const float* from = &s[2 * k + (i >> 1)][2 * (i & 1)];
        a[i] = pack(from[0], from[1]);
    }
}

} // namespace attention
