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
 * Launch: blocks of 64 or 128 threads, one for each of its queries; grid (ceil(tokens / threads), heads, rows); no dynamic
 * shared memory. All pointers aligned to 16 bytes. No scratch memory; every element of y is written.
 */
#include "attention.cuh"
#include "softmax.cuh"

namespace attention {

constexpr int KEYS = 64; // keys of the map in one stage
constexpr int STAGE_BYTES = 2 * KEYS * ROW_BYTES;
constexpr int STAGES = 3;
constexpr int TEXT_STAGES = 2; // the text's keys and values lie in the first two stages, the queries in the third

static_assert(TEXT_BYTES <= TEXT_STAGES * STAGE_BYTES, "the text's tile must leave the last stage free");

/** Starts copying the block's queries; those behind the last token become zero. */
__device__ inline void copyQueries(const Problem& problem, int first, unsigned target, int threads) {
    const int piece = threadIdx.x & 7;
    const int valid = problem.tokens - first;
    const Half* source = problem.token(first) + piece * 8;
    for (int row = threadIdx.x >> 3; row < threads; row += threads >> 3) {
        const bool inside = row < valid;
        copyAsync16(target + swizzled(row, piece), source + (inside ? row * problem.stride() : 0), inside);
    }
}

/** A warp's 32 queries: two tiles of 16 in the layout of mma.m16n8k16. */
struct Warp {
    unsigned queries[2][4][4];
    float output[2][8][4] = {};
    Softmax softmax[2];

    __device__ inline Warp(unsigned shared, int firstRow) {
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int k = 0; k < 4; k++) {
                loadMatrices(queries[m][k], shared + swizzled(firstRow + m * 16 + (lane & 15), 2 * k + (lane >> 4)));
            }
        }
    }

    /** Attends to 8 * BLOCKS keys in shared memory, of which the first `valid` (at least one) exist; their values lie behind them. */
    template <int BLOCKS>
    __device__ inline void attend(unsigned keys, int valid, float scale) {
        float s[2][BLOCKS][4] = {};
        products<BLOCKS>(s, keys);
        if (valid < 8 * BLOCKS) {
            Softmax::mask(s[0], valid);
            Softmax::mask(s[1], valid);
        }
        float factor[2][2];
        const bool changed = softmax[0].raise(s[0], scale, factor[0]) | softmax[1].raise(s[1], scale, factor[1]);
        if (anyLane(changed)) {
            softmax[0].rescale(output[0], factor[0]);
            softmax[1].rescale(output[1], factor[1]);
        }
        softmax[0].exponentials<BLOCKS, 0>(s[0], scale);
        softmax[1].exponentials<BLOCKS, 0>(s[1], scale);
        accumulate<BLOCKS>(s, keys + 8 * BLOCKS * ROW_BYTES);
    }

    template <int BLOCKS>
    __device__ inline void products(float (&s)[2][BLOCKS][4], unsigned keys) const {
        const int lane = threadIdx.x & 31;
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
    __device__ inline void accumulate(const float (&s)[2][BLOCKS][4], unsigned values) {
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int k = 0; k < BLOCKS / 2; k++) {
            unsigned a[2][4];
            weights(a[0], s[0], k);
            weights(a[1], s[1], k);
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
                const float inverse = softmax[m].inverse(half);
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

/** What one block does: as many queries as it has threads. */
__device__ inline void attend(const Problem& problem, float scale) {
    __shared__ __align__(128) unsigned char memory[STAGES * STAGE_BYTES];
    const unsigned shared = sharedAddress(memory);
    const unsigned last = shared + TEXT_STAGES * STAGE_BYTES;
    const int threads = blockDim.x;
    const int firstQuery = blockIdx.x * threads;
    const int warpRow = threadIdx.x & ~31;
    const int warpQueries = problem.tokens - firstQuery - warpRow; // none where it is not above 0: such a warp only copies
    const int tiles = (problem.tokens + KEYS - 1) / KEYS;

    copyQueries(problem, firstQuery, last, threads);
    commitCopies();
    if (problem.textLength > 0) copyText(problem, 0, shared, threads);
    waitForCopies<0>();
    syncBlock();
    Warp warp(last, warpRow);
    syncBlock();
    TileCopier<KEYS> copier(problem);
    copier.copyNext(last, threads);
    commitCopies();

    for (int first = 0; first < problem.textLength; first += TEXT_KEYS) {
        if (first > 0) {
            syncBlock();
            copyText(problem, first, shared, threads);
            syncBlock();
        }
        if (warpQueries > 0) warp.attend<TEXT_KEYS / 8>(shared, problem.textLength - first, scale);
    }
    syncBlock();
    if (tiles > 1) copier.copyNext(shared, threads);
    commitCopies(); // one group for each tile, empty where there is none: the wait counts groups

    unsigned stage = last;
    for (int tile = 0; tile < tiles; tile++) {
        const unsigned next = stage == last ? shared : stage + STAGE_BYTES;
        const unsigned afterNext = next == last ? shared : next + STAGE_BYTES;
        waitForCopies<1>();
        syncBlock(); // this tile is there for all threads, and no thread reads the tile before it any more
        if (tile + 2 < tiles) copier.copyNext(afterNext, threads);
        commitCopies();
        if (warpQueries > 0) warp.attend<KEYS / 8>(stage, problem.tokens - tile * KEYS, scale);
        stage = next;
    }
    syncBlock();
    if (warpQueries > 0) warp.finish(shared + warpRow * ROW_BYTES, problem.result(firstQuery + warpRow), problem.columns, warpQueries);
}

} // namespace attention

extern "C" __global__ void __launch_bounds__(128, 2) joint_attention(
        const warp::Half* qkv, const float* text, warp::Half* y, int rows, int tokens, int heads, int textLength, int block, float scale) {
    wurstchen::overlap();
    attention::attend(attention::Problem(qkv, text, y, rows, tokens, heads, textLength, block), scale * attention::LOG2_E);
}
