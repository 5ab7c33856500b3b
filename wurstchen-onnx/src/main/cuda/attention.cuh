/* What the kernels for the operator JointAttention share: the tensors, and copying their tiles to shared memory. */
#pragma once
#include <overlap.cuh>

#include "warp.cuh"

namespace attention {

using namespace warp;

constexpr int HEAD = 64;
constexpr int ROW_BYTES = HEAD * 2;
constexpr int TEXT_KEYS = 80; // keys of the text at once: CLIP's 77 and three that are masked
constexpr int TEXT_BYTES = 2 * TEXT_KEYS * ROW_BYTES;

/** One head of one row; attention.cu tells of the tensors. */
struct Problem {
    const Half* queries; // of the first token; its key and its value follow at `columns` and 2 * `columns`
    const float* textKeys;
    const float* textValues;
    Half* y;
    int tokens;
    int columns; // heads * 64
    int textLength;

    __device__ inline Problem(const Half* qkv, const float* text, Half* y, int rows, int tokens, int heads, int textLength, int block)
        : tokens(tokens), columns(heads * HEAD), textLength(textLength) {
        const int head = blockIdx.y;
        const int row = blockIdx.z;
        const long long firstToken = static_cast<long long>(row) * tokens;
        const long long textHeads = static_cast<long long>(rows) * heads;
        const long long textSize = static_cast<long long>(textLength) * HEAD; // keys, or values, of one head
        this->queries = qkv + firstToken * 3 * columns + head * HEAD;
        this->y = y + firstToken * columns + head * HEAD;
        textKeys = text + (block * 2LL * textHeads + row * heads + head) * textSize;
        textValues = textKeys + textHeads * textSize;
    }

    __device__ inline int stride() const { return 3 * columns; }

    __device__ inline const Half* token(int token) const { return queries + static_cast<long long>(token) * stride(); }

    __device__ inline Half* result(int token) const { return y + static_cast<long long>(token) * columns; }
};

/** 16-byte piece `piece` of row `row` of a tile: pieces are permuted within each 128-byte row, so that 8 rows of a column touch all banks. */
__device__ inline unsigned swizzled(int row, int piece) {
    return row * ROW_BYTES + ((piece ^ (row & 7)) << 4);
}

/** Copies the map's keys and values tile by tile, KEYS of each at a time; every thread has its pieces of some rows, 8 or more rows apart. */
template <int KEYS>
struct TileCopier {
    const Half* keys; // this thread's piece of its first row
    int valid;        // rows from there on that exist
    int stride;
    int columns;
    unsigned offset;

    __device__ inline explicit TileCopier(const Problem& problem)
        : keys(problem.token(threadIdx.x >> 3) + problem.columns + (threadIdx.x & 7) * 8),
          valid(problem.tokens - static_cast<int>(threadIdx.x >> 3)),
          stride(problem.stride()),
          columns(problem.columns),
          offset(swizzled(threadIdx.x >> 3, threadIdx.x & 7)) {}

    /** Starts copying the next tile, keys first; rows that do not exist become zero. `threads` is a multiple of 64. */
    __device__ inline void copyNext(unsigned target, int threads) {
        const int step = threads / 8;
#pragma unroll 4
        for (int row = 0; row < KEYS; row += step) {
            if (KEYS % step != 0 && row + static_cast<int>(threadIdx.x >> 3) >= KEYS) break;
            const Half* from = keys + row * stride;
            const unsigned to = target + offset + row * ROW_BYTES;
            copyAsync16(to, from, row < valid);
            copyAsync16(to + KEYS * ROW_BYTES, from + columns, row < valid);
        }
        keys += KEYS * stride;
        valid -= KEYS;
    }
};

/** Eight numbers of the text as float16. */
__device__ inline uint4 packed(const float* source) {
    const float4 low = reinterpret_cast<const float4*>(source)[0];
    const float4 high = reinterpret_cast<const float4*>(source)[1];
    return {pack(low.x, low.y), pack(low.z, low.w), pack(high.x, high.y), pack(high.z, high.w)};
}

/** Copies 80 keys of the text from `first` on as float16, and their values behind them; those behind the last token become zero. */
__device__ inline void copyText(const Problem& problem, int first, unsigned target, int threads) {
    const int piece = threadIdx.x & 7;
#pragma unroll 4
    for (int row = threadIdx.x >> 3; row < TEXT_KEYS; row += threads >> 3) {
        const int from = (first + row) * HEAD + piece * 8;
        const bool inside = first + row < problem.textLength;
        const unsigned to = target + swizzled(row, piece);
        storeShared16(to, inside ? packed(problem.textKeys + from) : uint4{0, 0, 0, 0});
        storeShared16(to + TEXT_KEYS * ROW_BYTES, inside ? packed(problem.textValues + from) : uint4{0, 0, 0, 0});
    }
}

} // namespace attention
