/*
 * Operator JointAttention: each token of a map attends to the text's tokens and to all tokens of the map.
 *
 * Forward only, head_dim 64, float16 in and out; products accumulate in float32 and the softmax is computed in float32.
 * The algorithm is FlashAttention-2's (Dao 2023, arXiv:2307.08691): a block keeps its queries and its output in
 * registers and passes once over the keys, with a running maximum and a running sum for each query.
 *
 *   qkv   [rows, tokens, 3 * heads * 64] float16; columns: all heads' queries, keys, values
 *   text  [blocks, 2, rows, heads, textLength, 64] float32; keys and values, of which `block` is read
 *   y     [rows, tokens, heads * 64] float16
 *   scale factor of the products of queries and keys, above 0
 *
 * Launch: blocks of 32, 64, 96 or 128 threads, one for each of its queries; grid (ceil(tokens / threads), heads, rows); no
 * dynamic shared memory.
 * All pointers aligned to 16 bytes. No scratch memory; every element of y is written.
 */
#include "warp.cuh"

namespace attention {

using namespace warp;

constexpr int HEAD = 64;
constexpr int ROW_BYTES = HEAD * 2;
constexpr int KEYS = 64;       // keys of the map in one stage
constexpr int TEXT_KEYS = 80;  // keys of the text at once: CLIP's 77 and three that are masked
constexpr int STAGE_BYTES = 2 * KEYS * ROW_BYTES;
constexpr int STAGES = 3;
constexpr int TEXT_STAGES = 2; // the text's keys and values lie in the first two stages, the queries in the third
constexpr float LOG2_E = 1.4426950408889634f;
constexpr float RESCALE_ABOVE = 8.0f; // log2: a running maximum may be exceeded by this much, 2^8 is exact in float16

static_assert(2 * TEXT_KEYS * ROW_BYTES <= TEXT_STAGES * STAGE_BYTES, "the text's tile must leave the last stage free");

struct Problem {
    const Half* queries; // this row's and head's first query; keys and values follow at `columns` and 2 * `columns`
    const float* textKeys;
    const float* textValues;
    int tokens;
    int columns; // heads * 64
    int textLength;

    __device__ inline int stride() const { return 3 * columns; }

    __device__ inline const Half* token(int token) const { return queries + static_cast<long long>(token) * stride(); }
};

/** 16-byte piece `piece` of row `row` of a tile: pieces are permuted within each 128-byte row, so that 8 rows of a column touch all banks. */
__device__ inline unsigned swizzled(int row, int piece) {
    return row * ROW_BYTES + ((piece ^ (row & 7)) << 4);
}

/** Starts copying `rows` rows of 64 numbers from `source` to shared memory; rows from `valid` on become zero. */
__device__ inline void copyRows(unsigned target, const Half* source, int stride, int rows, int valid) {
    const int piece = threadIdx.x & 7;
    for (int row = threadIdx.x >> 3; row < rows; row += blockDim.x >> 3) {
        const bool inside = row < valid;
        copyAsync16(target + swizzled(row, piece), source + (inside ? row * stride : 0) + piece * 8, inside);
    }
}

/** Eight numbers of the text as float16. */
__device__ inline uint4 packed(const float* source) {
    const float4 low = reinterpret_cast<const float4*>(source)[0];
    const float4 high = reinterpret_cast<const float4*>(source)[1];
    return {pack(low.x, low.y), pack(low.z, low.w), pack(high.x, high.y), pack(high.z, high.w)};
}

/** A warp's 32 queries: two tiles of 16 in the layout of mma.m16n8k16, in which a lane holds parts of rows lane / 4 and lane / 4 + 8. */
struct Warp {
    unsigned queries[2][4][4];
    float output[2][8][4];
    float maximum[2][2]; // of the products before scaling; may lag behind by RESCALE_ABOVE
    float sum[2][2];     // this lane's part

    __device__ inline void start(unsigned shared, int firstRow) {
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int k = 0; k < 4; k++) {
                loadMatrices(queries[m][k], shared + swizzled(firstRow + m * 16 + (lane & 15), 2 * k + (lane >> 4)));
            }
#pragma unroll
            for (int n = 0; n < 8; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) output[m][n][i] = 0;
            }
#pragma unroll
            for (int half = 0; half < 2; half++) {
                maximum[m][half] = -INFINITY;
                sum[m][half] = 0;
            }
        }
    }

    /** Attends to 8 * BLOCKS keys in shared memory, of which the first `valid` (at least one) exist. */
    template <int BLOCKS>
    __device__ inline void attend(unsigned keys, unsigned values, int valid, float scale) {
        float s[2][BLOCKS][4];
        products<BLOCKS>(s, keys);
        if (valid < 8 * BLOCKS) mask<BLOCKS>(s, valid);
        exponentials<BLOCKS>(s, scale);
        accumulate<BLOCKS>(s, values);
    }

    template <int BLOCKS>
    __device__ inline void products(float (&s)[2][BLOCKS][4], unsigned keys) const {
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) s[m][n][i] = 0;
            }
        }
#pragma unroll
        for (int k = 0; k < 4; k++) {
#pragma unroll
            for (int n = 0; n < BLOCKS; n += 2) {
                unsigned b[4];
                loadMatrices(b, keys + n * 8 * ROW_BYTES + swizzled((lane >> 4) * 8 + (lane & 7), 2 * k + ((lane >> 3) & 1)));
#pragma unroll
                for (int m = 0; m < 2; m++) {
                    multiply(s[m][n], queries[m][k], b[0], b[1]);
                    multiply(s[m][n + 1], queries[m][k], b[2], b[3]);
                }
            }
        }
    }

    template <int BLOCKS>
    __device__ inline void mask(float (&s)[2][BLOCKS][4], int valid) const {
        const int column = (threadIdx.x & 3) * 2;
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    if (n * 8 + column + (i & 1) >= valid) s[m][n][i] = -INFINITY;
                }
            }
        }
    }

    /** Replaces the products by exp2(scale * (product - maximum)) and adds them to the sums; scales down what was there for a new maximum. */
    template <int BLOCKS>
    __device__ inline void exponentials(float (&s)[2][BLOCKS][4], float scale) {
        float factor[2][2];
        bool changed = false;
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float most = s[m][0][2 * half];
#pragma unroll
                for (int n = 0; n < BLOCKS; n++) most = fmaxf(most, fmaxf(s[m][n][2 * half], s[m][n][2 * half + 1]));
                most = fmaxf(most, shuffleXor(most, 1));
                most = fmaxf(most, shuffleXor(most, 2));
                const bool higher = (most - maximum[m][half]) * scale > RESCALE_ABOVE;
                factor[m][half] = higher ? exp2Fast((maximum[m][half] - most) * scale) : 1.0f;
                if (higher) maximum[m][half] = most;
                changed |= higher;
            }
        }
        if (anyLane(changed)) rescale(factor);
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const float shift = maximum[m][half] * scale;
                float added = 0;
#pragma unroll
                for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
                    for (int i = 2 * half; i < 2 * half + 2; i++) {
                        s[m][n][i] = exp2Fast(s[m][n][i] * scale - shift);
                        added += s[m][n][i];
                    }
                }
                sum[m][half] += added;
            }
        }
    }

    __device__ inline void rescale(const float (&factor)[2][2]) {
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int n = 0; n < 8; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) output[m][n][i] *= factor[m][i >> 1];
            }
            sum[m][0] *= factor[m][0];
            sum[m][1] *= factor[m][1];
        }
    }

    template <int BLOCKS>
    __device__ inline void accumulate(const float (&s)[2][BLOCKS][4], unsigned values) {
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int k = 0; k < BLOCKS / 2; k++) {
            unsigned a[2][4];
#pragma unroll
            for (int m = 0; m < 2; m++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    const float* from = &s[m][2 * k + (i >> 1)][2 * (i & 1)];
                    a[m][i] = pack(from[0], from[1]);
                }
            }
#pragma unroll
            for (int n = 0; n < 8; n += 2) {
                unsigned b[4];
                loadMatricesTransposed(b, values + k * 16 * ROW_BYTES + swizzled(lane & 15, n + (lane >> 4)));
#pragma unroll
                for (int m = 0; m < 2; m++) {
                    multiply(output[m][n], a[m], b[0], b[1]);
                    multiply(output[m][n + 1], a[m], b[2], b[3]);
                }
            }
        }
    }

    /** Divides by the sums and writes the first `valid` of the 32 rows, by way of this warp's 4 KB of shared memory. */
    __device__ inline void finish(unsigned shared, Half* y, int columns, int valid) {
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float total = sum[m][half];
                total += shuffleXor(total, 1);
                total += shuffleXor(total, 2);
                const float inverse = 1.0f / total;
                const int row = m * 16 + half * 8 + (lane >> 2);
#pragma unroll
                for (int n = 0; n < 8; n++) {
                    const float* from = &output[m][n][2 * half];
                    storeShared4(shared + swizzled(row, n) + (lane & 3) * 4, pack(from[0] * inverse, from[1] * inverse));
                }
            }
        }
        syncWarp();
        const int piece = lane & 7;
#pragma unroll
        for (int row = lane >> 3; row < 32; row += 4) {
            const uint4 packed = loadShared16(shared + swizzled(row, piece));
            if (row < valid) *reinterpret_cast<uint4*>(y + static_cast<long long>(row) * columns + piece * 8) = packed;
        }
    }
};

/** Starts copying 64 keys and values of the map to a stage; those behind the last token become zero. */
__device__ inline void copyTile(const Problem& problem, int tile, unsigned stage) {
    const int piece = threadIdx.x & 7;
    const int valid = problem.tokens - tile * KEYS;
    const Half* source = problem.token(tile * KEYS) + problem.columns + piece * 8;
#pragma unroll 2
    for (int row = threadIdx.x >> 3; row < KEYS; row += blockDim.x >> 3) {
        const bool inside = row < valid;
        const Half* from = source + (inside ? row * problem.stride() : 0);
        const unsigned to = stage + swizzled(row, piece);
        copyAsync16(to, from, inside);
        copyAsync16(to + KEYS * ROW_BYTES, from + problem.columns, inside);
    }
}

/** Copies 80 keys and values of the text from `first` on to shared memory as float16; those behind the last token become zero. */
__device__ inline void copyText(const Problem& problem, int first, unsigned shared) {
    const int piece = threadIdx.x & 7;
#pragma unroll 4
    for (int row = threadIdx.x >> 3; row < TEXT_KEYS; row += blockDim.x >> 3) {
        const int from = (first + row) * HEAD + piece * 8;
        const bool inside = first + row < problem.textLength;
        const unsigned to = shared + swizzled(row, piece);
        storeShared16(to, inside ? packed(problem.textKeys + from) : uint4{0, 0, 0, 0});
        storeShared16(to + TEXT_KEYS * ROW_BYTES, inside ? packed(problem.textValues + from) : uint4{0, 0, 0, 0});
    }
}

/** What one block does: as many queries as it has threads. */
__device__ inline void attend(const Problem& problem, Half* y, float scale) {
    __shared__ __align__(128) unsigned char memory[STAGES * STAGE_BYTES];
    const unsigned shared = sharedAddress(memory);
    const unsigned last = shared + TEXT_STAGES * STAGE_BYTES;
    const int firstQuery = blockIdx.x * blockDim.x;
    const int warpRow = threadIdx.x & ~31;
    const int warpQueries = problem.tokens - firstQuery - warpRow; // none where it is not above 0: such a warp only copies
    const int tiles = (problem.tokens + KEYS - 1) / KEYS;

    copyRows(last, problem.token(firstQuery), problem.stride(), blockDim.x, problem.tokens - firstQuery);
    commitCopies();
    if (problem.textLength > 0) copyText(problem, 0, shared);
    waitForCopies<0>();
    syncBlock();
    Warp warp;
    warp.start(last, warpRow);
    syncBlock();
    copyTile(problem, 0, last);
    commitCopies();

    for (int first = 0; first < problem.textLength; first += TEXT_KEYS) {
        if (first > 0) {
            syncBlock();
            copyText(problem, first, shared);
            syncBlock();
        }
        if (warpQueries > 0) warp.attend<TEXT_KEYS / 8>(shared, shared + TEXT_KEYS * ROW_BYTES, problem.textLength - first, scale);
    }
    syncBlock();
    if (tiles > 1) copyTile(problem, 1, shared);
    commitCopies(); // one group for each tile, empty where there is none: the wait counts groups

    unsigned stage = last;
    for (int tile = 0; tile < tiles; tile++) {
        const unsigned next = stage == last ? shared : stage + STAGE_BYTES;
        const unsigned afterNext = next == last ? shared : next + STAGE_BYTES;
        waitForCopies<1>();
        syncBlock(); // this tile is there for all threads, and no thread reads the tile before it any more
        if (tile + 2 < tiles) copyTile(problem, tile + 2, afterNext);
        commitCopies();
        if (warpQueries > 0) warp.attend<KEYS / 8>(stage, stage + KEYS * ROW_BYTES, problem.tokens - tile * KEYS, scale);
        stage = next;
    }
    syncBlock();
    if (warpQueries > 0) {
        Half* to = y + (firstQuery + warpRow) * static_cast<long long>(problem.columns);
        warp.finish(shared + warpRow * ROW_BYTES, to, problem.columns, warpQueries);
    }
}


__device__ inline void attend(const Half* qkv, const float* text, Half* y, int rows, int tokens, int heads, int textLength, int block, float scale) {
    const int head = blockIdx.y;
    const int row = blockIdx.z;
    const int columns = heads * HEAD;
    const long long firstToken = static_cast<long long>(row) * tokens;
    const long long textHeads = static_cast<long long>(rows) * heads;
    const long long textSize = static_cast<long long>(textLength) * HEAD; // keys, or values, of one head
    const float* textKeys = text + (block * 2LL * textHeads + row * heads + head) * textSize;
    const Problem problem = {qkv + firstToken * 3 * columns + head * HEAD, textKeys, textKeys + textHeads * textSize, tokens, columns, textLength};
    attend(problem, y + firstToken * columns + head * HEAD, scale * LOG2_E);
}

} // namespace attention

extern "C" __global__ void __launch_bounds__(128, 2) joint_attention(
        const warp::Half* qkv, const float* text, warp::Half* y, int rows, int tokens, int heads, int textLength, int block, float scale) {
    attention::attend(qkv, text, y, rows, tokens, heads, textLength, block, scale);
}
