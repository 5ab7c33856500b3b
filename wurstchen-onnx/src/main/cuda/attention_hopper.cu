/*
 * Operator JointAttention for Hopper (sm_90a): as attention.cu, by the matrix instructions of a warpgroup, which read keys and values
 * from shared memory themselves and run while the threads compute exponentials (as in FlashAttention-3, arXiv:2407.08608).
 *
 * A block has GROUPS warpgroups of 64 queries each. Its threads copy the map's keys and values to a ring of stages, LEAD tiles ahead,
 * while their products run; barriers for each stage let one warpgroup be more than a tile ahead of another, so that they and those of
 * other blocks take turns at the matrix units and the units for exponentials.
 *
 * Launch: GROUPS * 128 threads; grid (ceil(tokens / (64 * GROUPS)), heads, rows); Hopper::SHARED bytes of dynamic shared memory.
 */
#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || defined(WARPGROUP_EMULATION)
#include "attention.cuh"
#include "softmax.cuh"
#include "warpgroup.cuh"

namespace attention {

constexpr int GROUP_THREADS = 128;
constexpr int GROUP_QUERIES = 64;
constexpr int TILE_KEYS = 64;

/** The ring of stages in shared memory. The barrier `full` of a stage is completed by the warps that copied to it, `empty` by those that have read it. */
template <int THREADS, int STAGES, int LEAD>
struct Ring {
    static_assert(STAGES > LEAD, "a stage is filled again while the tile behind the one it held is read");
    static constexpr int STAGE_BYTES = 2 * TILE_KEYS * ROW_BYTES;
    static constexpr int LAST_BYTES = TEXT_BYTES > STAGE_BYTES ? TEXT_BYTES : STAGE_BYTES; // the last stage has the text's tile first
    static constexpr int BYTES = (STAGES - 1) * STAGE_BYTES + LAST_BYTES + 2 * STAGES * 8;

    unsigned shared;
    int tiles;
    TileCopier<TILE_KEYS> copier;

    __device__ inline unsigned stage(int i) const { return shared + i * STAGE_BYTES; }
    __device__ inline unsigned text() const { return stage(STAGES - 1); }
    __device__ inline unsigned full(int i) const { return shared + BYTES - (2 * STAGES - i) * 8; }
    __device__ inline unsigned empty(int i) const { return full(STAGES + i); }

    __device__ inline void startBarriers(int readingWarps) const {
        for (int i = 0; i < STAGES; i++) {
            startBarrier(full(i), THREADS / 32);
            startBarrier(empty(i), readingWarps);
        }
    }

    /** Starts copying this thread's part of the next tile to stage `i`, if there is one, as a group of its own. */
    __device__ inline void copy(int i, bool exists) {
        if (exists) copier.copyNext(stage(i), THREADS);
        commitCopies();
    }

    /** Copies the next tile to stage `i` as soon as what it held in the round before, or the text in the last stage, has been read. */
    __device__ inline void refill(int i, unsigned round, bool exists) {
        if (exists) waitFor(empty(i), (i == STAGES - 1 ? round : round + 1) & 1);
        copy(i, exists);
    }

    __device__ inline void waitUntilFull(int i, unsigned round) const { waitFor(full(i), round & 1); }

    /** Waits for this thread's part of stage `i`, after which copies of PENDING were started, and says that it is there. */
    template <int PENDING>
    __device__ inline void announce(int i) const {
        waitForCopies<PENDING>();
        fenceForProducts();
        signal(full(i));
    }

    /** Says that this warp has read stage `i`. */
    __device__ inline void release(int i) const { signal(empty(i)); }

    __device__ inline static void signal(unsigned barrier) {
        syncWarp();
        if ((threadIdx.x & 31) == 0) arrive(barrier);
    }
};

/** A warpgroup's 64 queries; a warp has 16 of them. */
template <int POLYNOMIAL>
struct Group {
    unsigned queries[4][4];
    unsigned weightsOfTile[4][4] = {}; // the left operand of products that may still run
    float output[8][4] = {};
    Softmax softmax;

    /** Reads this warp's queries from `first` on; those behind the last token are zero. */
    __device__ inline Group(const Problem& problem, int first) {
        const int lane = threadIdx.x & 31;
        const int row = first + (lane >> 2);
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int token = row + half * 8;
            const bool inside = token < problem.tokens;
            const unsigned* from = reinterpret_cast<const unsigned*>(problem.token(inside ? token : 0)) + (lane & 3);
#pragma unroll
            for (int k = 0; k < 4; k++) {
                queries[k][half] = inside ? from[k * 8] : 0;
                queries[k][half + 2] = inside ? from[k * 8 + 4] : 0;
            }
        }
    }

    template <int BLOCKS>
    __device__ inline void startProducts(float (&s)[BLOCKS][4], unsigned keys) {
        beginProducts();
#pragma unroll
        for (int k = 0; k < 4; k++) multiplyAsync<false>(s, queries[k], describe(keys) + k * (32 >> 4), k > 0);
        commitProducts();
    }

    template <int BLOCKS>
    __device__ inline void toWeights(float (&s)[BLOCKS][4], unsigned (&a)[BLOCKS / 2][4], int valid, float scale) {
        if (valid < 8 * BLOCKS) Softmax::mask(s, valid);
        float factor[2];
        if (anyLane(softmax.raise(s, scale, factor))) softmax.rescale(output, factor);
        softmax.template exponentials<BLOCKS, POLYNOMIAL>(s, scale);
#pragma unroll
        for (int k = 0; k < BLOCKS / 2; k++) weights(a[k], s, k);
    }

    template <int STEPS>
    __device__ inline void startAccumulating(unsigned (&a)[STEPS][4], unsigned values) {
        beginProducts();
#pragma unroll
        for (int k = 0; k < STEPS; k++) multiplyAsync<true>(output, a[k], describe(values) + k * (16 * ROW_BYTES >> 4), true);
        commitProducts();
    }

    /** Attends to the text's tile, of which `valid` keys exist, and waits for it. */
    __device__ inline void attendText(unsigned keys, int valid, float scale) {
        constexpr int BLOCKS = TEXT_KEYS / 8;
        float s[BLOCKS][4] = {};
        unsigned a[BLOCKS / 2][4];
        startProducts(s, keys);
        waitForProducts();
        settle(s);
        settle(queries);
        toWeights(s, a, valid, scale);
        startAccumulating(a, keys + TEXT_KEYS * ROW_BYTES);
        waitForProducts();
        settle(output);
        settle(a);
    }

    /** Attends to the tile in stage `i`, except that products with its values may still run at the end; copies the one LEAD tiles ahead. */
    template <int THREADS, int STAGES, int LEAD>
    __device__ inline void attend(Ring<THREADS, STAGES, LEAD>& ring, int i, unsigned round, int valid, float scale) {
        float s[TILE_KEYS / 8][4] = {};
        ring.waitUntilFull(i, round);
        startProducts(s, ring.stage(i));
        ring.template announce<0>((i + LEAD - 1) % STAGES);
        waitForProducts();
        settle(s);
        settle(output);
        settle(queries);
        settle(weightsOfTile);
        ring.release((i + STAGES - 1) % STAGES); // the tile before
        ring.refill((i + LEAD) % STAGES, round + (i + LEAD) / STAGES, valid > LEAD * TILE_KEYS);
        toWeights(s, weightsOfTile, valid, scale);
        startAccumulating(weightsOfTile, ring.stage(i) + TILE_KEYS * ROW_BYTES);
    }

    /** Divides by the sums and writes the rows that exist; the four lanes of a row exchange their pieces to write 16 bytes each. */
    __device__ inline void finish(const Problem& problem, int first) {
        waitForProducts();
        settle(output);
        settle(weightsOfTile);
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const float inverse = softmax.inverse(half);
            unsigned pieces[8], whole[8];
#pragma unroll
            for (int n = 0; n < 8; n++) pieces[n] = pack(output[n][2 * half] * inverse, output[n][2 * half + 1] * inverse);
            exchange(pieces, whole);
            const int token = first + half * 8 + (lane >> 2);
            if (token >= problem.tokens) continue;
            uint4* to = reinterpret_cast<uint4*>(problem.result(token)) + (lane & 3) * 2;
            to[0] = {whole[0], whole[1], whole[2], whole[3]};
            to[1] = {whole[4], whole[5], whole[6], whole[7]};
        }
    }

    /** From word `lane % 4` of each of a row's eight pieces of four words to the words of pieces 2 * (lane % 4) and the next. */
    __device__ inline static void exchange(const unsigned (&pieces)[8], unsigned (&whole)[8]) {
        const bool odd = threadIdx.x & 1;
        const bool upper = threadIdx.x & 2;
        unsigned words[4][2]; // of this pair of lanes' four pieces: this lane's and the one's two lanes away, the lower lane's first
#pragma unroll
        for (int n = 0; n < 4; n++) {
            const unsigned own = upper ? pieces[n + 4] : pieces[n];
            const unsigned other = shuffleXor(upper ? pieces[n] : pieces[n + 4], 2);
            words[n][0] = upper ? other : own;
            words[n][1] = upper ? own : other;
        }
#pragma unroll
        for (int n = 0; n < 2; n++) {
#pragma unroll
            for (int i = 0; i < 2; i++) {
                const unsigned own = odd ? words[n + 2][i] : words[n][i];
                const unsigned other = shuffleXor(odd ? words[n][i] : words[n + 2][i], 1);
                whole[n * 4 + i * 2] = odd ? other : own;
                whole[n * 4 + i * 2 + 1] = odd ? own : other;
            }
        }
    }
};

template <int GROUPS, int STAGES, int LEAD, int POLYNOMIAL>
struct Hopper {
    static constexpr int THREADS = GROUPS * GROUP_THREADS;
    using Ring = attention::Ring<THREADS, STAGES, LEAD>;
    static constexpr int SHARED = Ring::BYTES + 1024; // to begin at a multiple of 1024

    __device__ inline static void run(const Problem& problem, unsigned memory, float scale) {
        const int firstQuery = blockIdx.x * GROUPS * GROUP_QUERIES;
        const int groups = min(GROUPS, (problem.tokens - firstQuery + GROUP_QUERIES - 1) / GROUP_QUERIES); // those that have queries
        Ring ring = {(memory + 1023) & ~1023u, (problem.tokens + TILE_KEYS - 1) / TILE_KEYS, TileCopier<TILE_KEYS>(problem)};
        wurstchen::allow_next();
        if (threadIdx.x == 0) ring.startBarriers(groups * 4);
        syncBlock();
        wurstchen::await_previous();
        for (int i = 0; i < LEAD; i++) ring.copy(i, i < ring.tiles);
        if (static_cast<int>(threadIdx.x / GROUP_THREADS) < groups) {
            work(problem, ring, firstQuery + (threadIdx.x >> 5) * 16, scale);
        } else {
            help(problem, ring);
        }
    }

    __device__ inline static void work(const Problem& problem, Ring& ring, int first, float scale) {
        Group<POLYNOMIAL> group(problem, first);
        for (int key = 0; key < problem.textLength; key += TEXT_KEYS) {
            shareText(problem, ring, key);
            group.attendText(ring.text(), problem.textLength - key, scale);
        }
        for (int i = 0; i < LEAD - 1; i++) ring.template announce<1>(i);
        int valid = problem.tokens;
        for (unsigned round = 0; valid > 0; round++) {
#pragma unroll
            for (int i = 0; i < STAGES; i++) {
                if (valid <= 0) break;
                group.attend(ring, i, round, valid, scale);
                valid -= TILE_KEYS;
            }
        }
        group.finish(problem, first);
    }

    /** What a group without queries does: its part of the copying. */
    __device__ inline static void help(const Problem& problem, Ring& ring) {
        for (int key = 0; key < problem.textLength; key += TEXT_KEYS) shareText(problem, ring, key);
        for (int i = 0; i < LEAD - 1; i++) ring.template announce<1>(i);
        for (int tile = 0; tile < ring.tiles; tile++) {
            ring.template announce<0>((tile + LEAD - 1) % STAGES);
            ring.refill((tile + LEAD) % STAGES, (tile + LEAD) / STAGES, tile + LEAD < ring.tiles);
        }
    }

    __device__ inline static void shareText(const Problem& problem, const Ring& ring, int key) {
        if (key > 0) syncBlock(); // all have read what was there
        copyText(problem, key, ring.text(), THREADS);
        fenceForProducts();
        syncBlock();
    }
};

} // namespace attention

#define JOINT_ATTENTION_HOPPER(NAME, GROUPS, STAGES, LEAD, POLYNOMIAL, BLOCKS)                                                                      \
    extern "C" __global__ void __launch_bounds__(GROUPS * 128, BLOCKS) NAME(                                                                        \
            const warp::Half* qkv, const float* text, warp::Half* y, int rows, int tokens, int heads, int textLength, int block, float scale) {      \
        const attention::Problem problem(qkv, text, y, rows, tokens, heads, textLength, block);                                                     \
        attention::Hopper<GROUPS, STAGES, LEAD, POLYNOMIAL>::run(problem, warp::dynamicShared(), scale * attention::LOG2_E);                         \
    }

JOINT_ATTENTION_HOPPER(joint_attention_hopper_64, 1, 3, 2, 0, 4)
JOINT_ATTENTION_HOPPER(joint_attention_hopper_128, 2, 4, 2, 0, 2)

#endif
