/*
 * Operator DenseGeluResponse for Hopper (sm_90a): y = gelu(x weight + bias), and for each tile the sums of squares of its
 * channels, so that the response norm need not read y once more.
 *
 * float16 in and out; products accumulate in float32, and gelu and squares are computed in float32 before rounding. The tile of a block is
 * 128 channels by TOKENS tokens of one map: the weight is the left operand, so that a thread has few channels and sums of squares stay in
 * registers. Two warpgroups take turns (CUTLASS calls it ping-pong): while the products of one tile run, the other group computes and
 * stores its own tile's results. A third one copies: the blocks of a cluster of two have neighbouring channels and share the tokens, of
 * which each copies half for both.
 *
 *   weights  map of weight [K, channels], tiles of 64 rows by 64 channels, swizzled by 128 bytes
 *   inputs   map of x [rows, tokens, K], tiles of TOKENS / 2 tokens by 64 numbers, swizzled by 128 bytes
 *   outputs  map of y [rows, tokens, channels], tiles of TOKENS tokens by 64 channels, swizzled by 128 bytes
 *   bias     [channels] float16
 *   squares  [rows, ceil(tokens / TOKENS), channels] float32; null if not wanted
 *
 * Launch: 384 threads; grid (blocks), an even number of blocks, at most as many as there are multiprocessors; Gelu::SHARED bytes of dynamic
 * shared memory. K, channels are multiples of 8 and every tensor begins at a multiple of 16 bytes. Every element of y and squares is written.
 */
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#include <cuda_fp16.h>
#include <overlap.cuh>

#include "tensor_copy.cuh"
#include "warpgroup_tiles.cuh"

namespace dense {

using namespace warp;

constexpr int GROUP = 128;           // threads of a warpgroup
constexpr int BLOCKS = 2;            // of a cluster
constexpr int CHANNELS = 128;        // of a tile
constexpr int PART = 64;             // channels that a warpgroup multiplies at once, and columns of a tile in shared memory
constexpr int DEPTH = 64;            // numbers of K in a stage
constexpr int ROW_BYTES = PART * 2;  // of all tiles in shared memory
constexpr int PART_BYTES = DEPTH * ROW_BYTES;
constexpr int ORDER = 3;             // barrier on which group 0 waits for its turn; group 1's is the next, and 1 and 2 are the groups' own
constexpr int COPYING_REGISTERS = 40;
constexpr int COMPUTING_REGISTERS = 232;

/**
 * x Phi(x), as x / (1 + exp(-x p(x^2))) with the polynomial of degree 2 for which the largest error is least: 2.5e-5 (4.7e-4 for the usual
 * tanh form, which has a polynomial of degree 1). Above x^2 = 49 the result is x or 0 to float32's precision, and p need not go on.
 */
__device__ inline float gelu(float x) {
    constexpr float LOG2_E = 1.4426950408889634f;
    const float square = fminf(x * x, 49.f);
    const float p = (-7.03033714e-4f * -LOG2_E * square + 7.40112915e-2f * -LOG2_E) * square + 1.59501577f * -LOG2_E;
    return x * reciprocal(1.f + exp2Fast(x * p));
}

/**
 * Sides of the product, and which tiles a cluster computes. Tiles that are computed at about the same time share the larger operand, so that it
 * is read from memory once: the tokens of one pair of channel tiles come one after another, or the pairs for the same tokens.
 */
struct Work {
    int rows, tokens, depth, channels;
    int tokenTiles; // of a map
    int pairs;      // of channel tiles
    bool pairsFirst; // the next tile has other channels

    template <int TOKENS>
    __device__ inline static Work of(int rows, int tokens, int depth, int channels) {
        const int tokenTiles = (tokens + TOKENS - 1) / TOKENS;
        const int pairs = (channels + BLOCKS * CHANNELS - 1) / (BLOCKS * CHANNELS);
        return {rows, tokens, depth, channels, tokenTiles, pairs, static_cast<long long>(rows) * tokens > channels};
    }

    /** Of all maps and pairs. */
    __device__ inline int tiles() const { return pairs * rows * tokenTiles; }

    __device__ inline static int first() { return blockIdx.x / BLOCKS; }
    __device__ inline static int step() { return gridDim.x / BLOCKS; }
    __device__ inline int stages() const { return (depth + DEPTH - 1) / DEPTH; }
};

template <int TOKENS>
struct Tile {
    int channel; // this block's first
    int row;
    int tokenTile;

    __device__ inline Tile(const Work& work, int index) {
        const int inner = work.pairsFirst ? work.pairs : work.rows * work.tokenTiles;
        const int outer = index / inner;
        const int rest = index - outer * inner;
        const int pair = work.pairsFirst ? rest : outer;
        const int tokens = work.pairsFirst ? outer : rest;
        row = tokens / work.tokenTiles;
        tokenTile = tokens - row * work.tokenTiles;
        channel = (pair * BLOCKS + static_cast<int>(blockOfCluster())) * CHANNELS;
    }

    __device__ inline int token() const { return tokenTile * TOKENS; }
};

/** The ring of stages in shared memory, each with 64 by 128 numbers of the weight and TOKENS by 64 of x, and its position in it. */
template <int TOKENS, int STAGES>
struct Ring {
    static constexpr int STAGE_BYTES = 2 * PART_BYTES + TOKENS * ROW_BYTES;

    unsigned shared;
    unsigned barriers;
    int stage = 0;
    unsigned round = 0;

    __device__ inline Ring(unsigned shared, unsigned barriers) : shared(shared), barriers(barriers) {}

    __device__ inline unsigned weights() const { return shared + stage * STAGE_BYTES; }
    __device__ inline unsigned inputs() const { return weights() + 2 * PART_BYTES; }
    __device__ inline unsigned full() const { return barriers + stage * 8; }
    __device__ inline unsigned empty(int stage) const { return barriers + (STAGES + stage) * 8; }

    __device__ inline void start() const {
        for (int i = 0; i < STAGES; i++) {
            startBarrier(barriers + i * 8, 1);
            startBarrier(empty(i), BLOCKS * GROUP / 32);
        }
    }

    __device__ inline void advance() {
        if (++stage == STAGES) {
            stage = 0;
            round++;
        }
    }

    __device__ inline void skip(int stages) {
        const unsigned to = stage + stages;
        round += to / STAGES;
        stage = to % STAGES;
    }

    __device__ inline void waitUntilFull() const { waitFor(full(), round & 1); }
    __device__ inline void waitUntilEmpty() const { waitFor(empty(stage), (round & 1) ^ 1); }

    /** Says to both blocks that this warp has read a stage. */
    __device__ inline void release(int stage) const {
        const int lane = threadIdx.x & 31;
        if (lane < BLOCKS) arriveAt(empty(stage), lane);
    }
};

template <int TOKENS, int STAGES>
struct Gelu {
    using Ring = dense::Ring<TOKENS, STAGES>;
    static constexpr int RESULT_BYTES = TOKENS * ROW_BYTES;
    static constexpr int SHARED = STAGES * Ring::STAGE_BYTES + 2 * RESULT_BYTES + 2 * STAGES * 8 + 1024; // to begin at a multiple of 1024
    static constexpr int HALF = TOKENS / BLOCKS;

    static_assert(TOKENS % 16 == 0, "each block copies half of the tokens, in rows of 8, and results are stored 16 tokens at a time");

    const TensorMap& weights;
    const TensorMap& inputs;
    const TensorMap& outputs;
    const Half* bias;
    float* squares;
    Work work;

    __device__ inline void run(unsigned memory) const {
        const unsigned shared = (memory + 1023) & ~1023u;
        const unsigned results = shared + STAGES * Ring::STAGE_BYTES;
        Ring ring(shared, results + 2 * RESULT_BYTES);
        if (threadIdx.x == 0) {
            ring.start();
            publishBarriers();
        }
        syncCluster();
        wurstchen::overlap();
        const int group = threadIdx.x / GROUP;
        if (group == 2) {
            giveRegisters<COPYING_REGISTERS>();
            if (threadIdx.x == 2 * GROUP) copy(ring);
        } else {
            takeRegisters<COMPUTING_REGISTERS>();
            compute(ring, group, results + group * RESULT_BYTES);
        }
        syncCluster(); // the other block may still write here
    }

    __device__ inline void copy(Ring ring) const {
        const unsigned block = blockOfCluster();
        prefetch(weights);
        prefetch(inputs);
        for (int index = work.first(); index < work.tiles(); index += work.step()) {
            const Tile<TOKENS> tile(work, index);
            const int token = tile.token() + block * HALF;
            for (int k = 0; k < work.depth; k += DEPTH) {
                ring.waitUntilEmpty();
                arriveAndExpect(ring.full(), Ring::STAGE_BYTES);
                copyTile(ring.weights(), weights, tile.channel, k, ring.full());
                copyTile(ring.weights() + PART_BYTES, weights, tile.channel + PART, k, ring.full());
                copyTileToAll(ring.inputs() + block * HALF * ROW_BYTES, inputs, k, token, tile.row, ring.full(), (1 << BLOCKS) - 1);
                ring.advance();
            }
        }
    }

    /** What a group does: every second tile. */
    __device__ inline void compute(Ring ring, int group, unsigned result) const {
        const int stages = work.stages();
        ring.skip(group * stages);
        for (int index = work.first() + group * work.step(); index < work.tiles(); index += 2 * work.step()) {
            const Tile<TOKENS> tile(work, index);
            float sums[2][TOKENS / 8][4];
            if (index != work.first()) syncThreads(ORDER + group, 2 * GROUP);
            multiply(ring, stages, sums, ORDER + (group ^ 1));
            ring.skip(stages);
            finish(tile, sums[0], 0, group, result);
            finish(tile, sums[1], PART, group, result);
        }
        if (threadIdx.x % GROUP == 0) waitForStores();
    }

    /**
     * Multiplies a tile, and lets the other group begin with its own as soon as all stages of this one have been seen to be full: the parity
     * of a barrier's phase tells only neighbouring rounds apart.
     */
    __device__ inline static void multiply(Ring& ring, int stages, float (&sums)[2][TOKENS / 8][4], int other) {
        int before = 0;
        for (int i = 0; i < stages; i++) {
            ring.waitUntilFull();
            const unsigned a = describe(ring.weights());
            const unsigned b = describe(ring.inputs());
            beginProducts();
#pragma unroll
            for (int k = 0; k < DEPTH / 16; k++) {
#pragma unroll
                for (int part = 0; part < 2; part++) {
                    multiplyShared<TOKENS>(sums[part], a + (part * PART_BYTES + k * 16 * ROW_BYTES >> 4), b + (k * 32 >> 4), i > 0 || k > 0);
                }
            }
            commitProducts();
            waitForProductsBut<1>();
            if (i > 0) ring.release(before);
            before = ring.stage;
            ring.advance();
        }
        arriveThreads(other, 2 * GROUP);
        waitForProductsBut<0>();
        settle(sums[0]);
        settle(sums[1]);
        ring.release(before);
    }

    /** Writes 64 channels of a tile, and their sums of squares. */
    __device__ inline void finish(const Tile<TOKENS>& tile, const float (&sums)[TOKENS / 8][4], int part, int group, unsigned result) const {
        const int lane = threadIdx.x & 31;
        const int warp = threadIdx.x % GROUP / 32;
        const bool first = threadIdx.x % GROUP == 0;
        const int channel = tile.channel + part + warp * 16 + (lane >> 2); // and the one 8 further
        const int valid = work.tokens - tile.token();
        const float biases[2] = {biasOf(channel), biasOf(channel + 8)};
        float squared[2] = {};
        if (first) waitForStoresToRead();
        syncThreads(1 + group, GROUP);
        const unsigned target = result + (lane >> 4) * 8 * ROW_BYTES + (lane & 7) * ROW_BYTES + ((warp * 2 + (lane >> 3 & 1) ^ (lane & 7)) << 4);
#pragma unroll
        for (int n = 0; n < TOKENS / 8; n += 2) {
            unsigned packed[2][2];
#pragma unroll
            for (int i = 0; i < 2; i++) {
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    const float low = gelu(sums[n + i][2 * half] + biases[half]);
                    const float high = gelu(sums[n + i][2 * half + 1] + biases[half]);
                    const int token = (n + i) * 8 + (lane & 3) * 2;
                    if (token < valid) squared[half] += low * low;
                    if (token + 1 < valid) squared[half] += high * high;
                    packed[i][half] = pack(low, high);
                }
            }
            storeMatricesTransposed(target + n * 8 * ROW_BYTES, packed[0][0], packed[0][1], packed[1][0], packed[1][1]);
        }
        fenceForProducts();
        syncThreads(1 + group, GROUP);
        if (first && tile.channel + part < work.channels) storeTile(outputs, tile.channel + part, tile.token(), tile.row, result);
        if (squares != nullptr) writeSquares(tile, channel, squared);
    }

    __device__ inline float biasOf(int channel) const {
        return channel < work.channels ? __half2float(__ushort_as_half(bias[channel])) : 0.f;
    }

    __device__ inline void writeSquares(const Tile<TOKENS>& tile, int channel, const float (&squared)[2]) const {
        float* to = squares + (static_cast<long long>(tile.row) * work.tokenTiles + tile.tokenTile) * work.channels;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float sum = squared[half];
            sum += shuffleXor(sum, 1);
            sum += shuffleXor(sum, 2);
            if ((threadIdx.x & 3) == 0 && channel + 8 * half < work.channels) to[channel + 8 * half] = sum;
        }
    }
};

} // namespace dense

#define DENSE_GELU_HOPPER(NAME, TOKENS, STAGES)                                                                                             \
    extern "C" __global__ void __cluster_dims__(dense::BLOCKS, 1, 1) __launch_bounds__(384, 1)                                              \
            NAME(const __grid_constant__ warp::TensorMap weights, const __grid_constant__ warp::TensorMap inputs,                           \
                    const __grid_constant__ warp::TensorMap outputs, const warp::Half* bias, float* squares, int rows, int tokens, int depth, \
                    int channels) {                                                                                                         \
        const dense::Gelu<TOKENS, STAGES> gelu = {                                                                                          \
                weights, inputs, outputs, bias, squares, dense::Work::of<TOKENS>(rows, tokens, depth, channels)};                       \
        gelu.run(warp::dynamicShared());                                                                                                    \
    }

DENSE_GELU_HOPPER(dense_gelu_hopper_96, 96, 6)
DENSE_GELU_HOPPER(dense_gelu_hopper_128, 128, 5)
DENSE_GELU_HOPPER(dense_gelu_hopper_144, 144, 5)

#endif
