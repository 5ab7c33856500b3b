// Depthwise 3x3 convolution and layer norm over the channels in one kernel, for C a multiple of 8.
//
// A block owns all channels of a tile of `rows` by `groups * N` tokens of one map and slides down the rows. A thread owns 8 channels of N
// neighbouring columns. Input rows come through a ring of `stages` rows in shared memory, filled ahead by asynchronous copies, so that every
// value is read once for each tile that needs it. An input row adds to three output rows: two partial sums a token stay in registers.
// The norm's mean and variance are merged from each thread's own (Chan), so a large mean costs no accuracy.
#pragma once
#include <async.cuh>
#include <overlap.cuh>

#include "reduce.cuh"
#include "vectors.cuh"

namespace wurstchen {

// The most threads of a block for N columns a thread: as many as there are registers for.
__host__ __device__ constexpr int depthwise_threads(int n) {
    return n == 2 ? 512 : 384;
}

struct Map {
    int height, width, channels;
    float epsilon;
};

struct Tiling {
    int groups, rows, stages;
};

// Where a thread stands: its tile's first token, and its 8 channels of N columns in it. Threads beyond the last group compute as the
// first does, and write nothing.
template <int N>
struct Place {
    int lanes, columns, halo, row, column, first, group, lane, outputs;
    int writable;  // how many of the N columns are this thread's to write
    long map;      // tokens before this map
    bool active;

    __device__ __forceinline__ Place(const Map& map_, const Tiling& tiling) {
        lanes = map_.channels / WIDTH;
        columns = tiling.groups * N;
        halo = columns + 2;
        const unsigned across = (map_.width + columns - 1) / columns, down = (map_.height + tiling.rows - 1) / tiling.rows;
        const unsigned tile = blockIdx.x, strip = tile / across;
        column = static_cast<int>(tile % across) * columns;
        row = static_cast<int>(strip % down) * tiling.rows;
        map = static_cast<long>(strip / down) * map_.height * map_.width;
        outputs = min(tiling.rows, map_.height - row);
        const int owner = threadIdx.x / lanes;
        active = owner < tiling.groups;
        group = active ? owner : 0;
        lane = active ? threadIdx.x - owner * lanes : 0;
        first = group * N;
        writable = active ? map_.width - column - first : 0;
    }
};

// Merges (mean of 8, sum of squared deviations) of all lanes into (mean, 1 / standard deviation), one for each of `columns` tokens.
__device__ __forceinline__ void merge(const float2* partial, float2* finished, int columns, int lanes, float epsilon) {
    const int threads = blockDim.x;
    const int team = columns * 32 <= threads ? 32 : columns * 16 <= threads ? 16 : 8;
    const int member = threadIdx.x % team;
    for (int base = 0; base < columns; base += threads / team) {
        const int token = base + threadIdx.x / team;
        const float2* own = partial + token * lanes;
        const int end = token < columns ? lanes : 0;
        float sum = 0.f;
#pragma unroll 4
        for (int i = member; i < end; i += team) {
            sum += own[i].x;
        }
        const float mean = warp_sum(sum, team) / lanes;
        float squares = 0.f;
#pragma unroll 4
        for (int i = member; i < end; i += team) {
            const float2 part = own[i];
            const float deviation = part.x - mean;
            squares += part.y + WIDTH * deviation * deviation;
        }
        squares = warp_sum(squares, team);
        if (member == 0 && token < columns) {
            finished[token] = make_float2(mean, rsqrtf(squares / (lanes * WIDTH) + epsilon));
        }
    }
}

__device__ __forceinline__ float2 moments(const float (&values)[WIDTH]) {
    float sum = 0.f, squares = 0.f;
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
        sum += values[i];
    }
    const float mean = sum / WIDTH;
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return make_float2(mean, squares);
}

// result[j] = sums[j] + the three taps of one row of the kernel, for N columns; v holds columns -1 to N.
template <int N>
__device__ __forceinline__ void add_taps(float (&result)[N][WIDTH], const float (&sums)[N][WIDTH], const float (&v)[N + 2][WIDTH],
        const uint4* weights, int lanes) {
#pragma unroll
    for (int tap = 0; tap < 3; tap++) {
        float weight[WIDTH];
        unpack(weights[tap * lanes], weight);
#pragma unroll
        for (int j = 0; j < N; j++) {
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                result[j][i] = fmaf(weight[i], v[j + tap][i], tap == 0 ? sums[j][i] : result[j][i]);
            }
        }
    }
}

// OPERATOR says where rows come from, what the convolution sees of them and what is written: see depthwise_norm.cu, mixing_depthwise.cu.
template <int N, class OPERATOR>
__device__ __forceinline__ void depthwise(const Map& map, const Tiling& tiling, const OPERATOR& op) {
    const Place<N> place(map, tiling);
    const int lanes = place.lanes, stages = tiling.stages;
    uint4* constants = dynamic_shared();
    uint4* ring = constants + OPERATOR::CONSTANTS * lanes;
    float2* partial = reinterpret_cast<float2*>(ring + stages * place.halo * lanes);
    float2* finished = partial + place.columns * lanes;
    float2* statistics = finished + place.columns;  // of the ring's rows, where the operator has any

    const int last = place.outputs + 1;  // input rows are numbered from 0, which is the one above the tile
    int filled = 0;
    auto fetch = [&](int input) {
        if (input <= last) {
            op.fetch(map, place, tiling.groups, place.row - 1 + input, ring + filled * place.halo * lanes, statistics + filled * place.halo);
        }
        commit_copies();
        filled = filled + 1 == stages ? 0 : filled + 1;
    };
    op.fetch_constants(constants, lanes);
    for (int input = 0; input < stages; input++) {
        fetch(input);
    }
    op.start(map, place);
    wait_for_all_but(stages - 1);
    __syncthreads();

    const uint4* own = constants + place.lane;
    float above[N][WIDTH] = {}, here[N][WIDTH] = {};  // sums so far of the rows above the current input row and beside it
    int slot = 0;
#pragma unroll 1
    for (int input = 0;; input++) {
        const int row = place.row - 1 + input;
        const uint4* raw = ring + (slot * place.halo + place.first) * lanes + place.lane;
        float v[N + 2][WIDTH];
        op.template values<N>(map, place, row, raw, statistics + slot * place.halo + place.first, own, v);
        if (input >= 1 && input < last) {
            op.template centre<N>(map, place, row, raw, v, here);
        }
        if (input >= 2) {
            float out[N][WIDTH];
            add_taps<N>(out, above, v, own + 6 * lanes, lanes);
            if (place.active) {
#pragma unroll
                for (int j = 0; j < N; j++) {
                    partial[(place.first + j) * lanes + place.lane] = moments(out[j]);
                }
            }
            __syncthreads();
            fetch(input + stages);
            merge(partial, finished, place.columns, lanes, map.epsilon);
            wait_for_all_but(stages - 1);
            __syncthreads();
            op.template finish<N>(map, place, row - 1, out, finished + place.first, own);
            if (input == last) {
                break;
            }
        } else {
            wait_for_all_but(stages - 2);
            __syncthreads();
            fetch(input + stages);
        }
        add_taps<N>(above, here, v, own + 3 * lanes, lanes);
        float bias[WIDTH];
        unpack(own[9 * lanes], bias);
#pragma unroll
        for (int j = 0; j < N; j++) {
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                here[j][i] = bias[i];
            }
        }
        add_taps<N>(here, here, v, own, lanes);
        slot = slot + 1 == stages ? 0 : slot + 1;
    }
}

}  // namespace wurstchen
