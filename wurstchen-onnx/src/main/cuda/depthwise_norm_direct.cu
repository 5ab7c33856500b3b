// Operator DepthwiseNorm and its joins, as depthwise_norm.cu has them, for small maps: there the time goes into waiting, not into moving.
//
// A block owns all channels of a tile of ROWS by COLUMNS tokens, a thread 8 channels of all its tokens. Each thread reads its own inputs, rows
// above and beside included, straight from the caches, so nothing is shared but the norm's statistics, and the block waits for its other
// threads once.
//
// Launch: C / 8 threads; grid (ceil(W / COLUMNS) * ceil(H / ROWS) * R); no dynamic shared memory. C is a multiple of 256 and at most 1536, E1 and
// E2 are multiples of 8, and every tensor begins at a multiple of 16 bytes (scale and offset too, at the first column that is used).
#include "depthwise_norm.cuh"

namespace wurstchen {
namespace direct {

constexpr int MOST_THREADS = 192;
constexpr int MOST_WARPS = MOST_THREADS / 32;

// The block's tile, with what DepthwiseNorm::start needs of a place.
template <int ROWS, int COLUMNS>
struct Tile {
    int lanes, columns, row, column, outputs;
    long map;

    __device__ __forceinline__ explicit Tile(const Map& map_) {
        lanes = map_.channels / WIDTH;
        columns = COLUMNS;
        const unsigned across = (map_.width + COLUMNS - 1) / COLUMNS, down = (map_.height + ROWS - 1) / ROWS;
        const unsigned strip = blockIdx.x / across;
        column = static_cast<int>(blockIdx.x - strip * across) * COLUMNS;
        row = static_cast<int>(strip % down) * ROWS;
        map = static_cast<long>(strip / down) * map_.height * map_.width;
        outputs = min(ROWS, map_.height - row);
    }
};

// Mean and sum of squared deviations of two sets of `count` values each (Chan).
__device__ __forceinline__ float2 join(float2 a, float2 b, float count) {
    const float difference = a.x - b.x;
    return {(a.x + b.x) * .5f, a.y + b.y + difference * difference * (count * .5f)};
}

// Mean and 1 / standard deviation over the block's channels, for each token.
template <int TOKENS>
__device__ __forceinline__ void statistics(float2 (&moments)[TOKENS], float epsilon) {
    __shared__ float2 of_warps[MOST_WARPS][TOKENS];
#pragma unroll
    for (int token = 0; token < TOKENS; token++) {
#pragma unroll
        for (int distance = 1; distance < 32; distance *= 2) {
            const float2 other = {__shfl_xor_sync(WHOLE_WARP, moments[token].x, distance), __shfl_xor_sync(WHOLE_WARP, moments[token].y, distance)};
            moments[token] = join(moments[token], other, static_cast<float>(WIDTH * distance));
        }
    }
    if (threadIdx.x % 32 == 0) {
#pragma unroll
        for (int token = 0; token < TOKENS; token++) {
            of_warps[threadIdx.x / 32][token] = moments[token];
        }
    }
    __syncthreads();
    const int warps = blockDim.x / 32;
#pragma unroll
    for (int token = 0; token < TOKENS; token++) {
        float sum = 0.f;
        for (int warp = 0; warp < warps; warp++) {
            sum += of_warps[warp][token].x;
        }
        const float mean = sum / warps;
        float squares = 0.f;
        for (int warp = 0; warp < warps; warp++) {
            const float deviation = of_warps[warp][token].x - mean;
            squares += of_warps[warp][token].y + 32 * WIDTH * deviation * deviation;
        }
        moments[token] = {mean, rsqrtf(squares / (warps * 32 * WIDTH) + epsilon)};
    }
}

// A row of the tile's inputs, affine, and zero outside the map.
template <int ROWS, int COLUMNS>
__device__ __forceinline__ void read_row(const Map& map, const DepthwiseNorm& op, const Tile<ROWS, COLUMNS>& tile, int row,
        const float (&factor)[WIDTH], const float (&offset)[WIDTH], float (&v)[COLUMNS + 2][WIDTH]) {
    const bool inside = row >= 0 && row < map.height;
    const uint4* line = vectors(op.x) + (tile.map + static_cast<long>(inside ? row : 0) * map.width) * tile.lanes + threadIdx.x;
#pragma unroll
    for (int j = 0; j < COLUMNS + 2; j++) {
        const int column = tile.column - 1 + j;
        const bool present = inside && column >= 0 && column < map.width;
        const uint4 raw = line[static_cast<long>(present ? column : 0) * tile.lanes];
        float values[WIDTH];
        unpack(raw, values);
#pragma unroll
        for (int i = 0; i < WIDTH; i++) {
            v[j][i] = present ? fmaf(values[i], factor[i], offset[i]) : 0.f;
        }
    }
}

template <int ROWS, int COLUMNS>
__device__ __forceinline__ void depthwise_norm(const Map& map, const DepthwiseNorm& op) {
    const Tile<ROWS, COLUMNS> tile(map);
    const int lane = threadIdx.x, lanes = tile.lanes;
    uint4 weights[9];
#pragma unroll
    for (int tap = 0; tap < 9; tap++) {
        weights[tap] = vectors(op.weight)[tap * lanes + lane];
    }
    float factor[WIDTH], offset[WIDTH], bias[WIDTH];
    unpack(vectors(op.scale)[lane], factor);
    unpack(vectors(op.offset)[lane], offset);
    unpack(vectors(op.bias)[lane], bias);
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
        factor[i] += 1.f;
    }
    op.start(map, tile);
    float sums[ROWS][COLUMNS][WIDTH];
#pragma unroll
    for (int input = 0; input < ROWS + 2; input++) {
        const int row = tile.row - 1 + input;
        float v[COLUMNS + 2][WIDTH];
        read_row<ROWS, COLUMNS>(map, op, tile, row, factor, offset, v);
        if (input >= 1 && input <= ROWS && row < map.height) {
            uint4* to = vectors(op.y) + (tile.map + static_cast<long>(row) * map.width + tile.column) * lanes + lane;
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                if (tile.column + j < map.width) {
                    to[j * lanes] = pack(v[j + 1]);
                }
            }
        }
#pragma unroll
        for (int output = input - 2; output <= input; output++) {
            if (output < 0 || output >= ROWS) {
                continue;
            }
#pragma unroll
            for (int tap = 0; tap < 3; tap++) {
                float weight[WIDTH];
                unpack(weights[(input - output) * 3 + tap], weight);
#pragma unroll
                for (int j = 0; j < COLUMNS; j++) {
#pragma unroll
                    for (int i = 0; i < WIDTH; i++) {
                        sums[output][j][i] = fmaf(weight[i], v[j + tap][i], input == output && tap == 0 ? bias[i] : sums[output][j][i]);
                    }
                }
            }
        }
    }
    float2 moment[ROWS * COLUMNS];
#pragma unroll
    for (int token = 0; token < ROWS * COLUMNS; token++) {
        moment[token] = moments(sums[token / COLUMNS][token % COLUMNS]);
    }
    statistics(moment, map.epsilon);
    const int stride = op.outputLanes(map);
#pragma unroll
    for (int token = 0; token < ROWS * COLUMNS; token++) {
        const int row = tile.row + token / COLUMNS, column = tile.column + token % COLUMNS;
        float values[WIDTH];
        normalize(sums[token / COLUMNS][token % COLUMNS], moment[token].x, moment[token].y, values);
        if (row < map.height && column < map.width) {
            vectors(op.normed)[(tile.map + static_cast<long>(row) * map.width + column) * stride + lane] = pack(values);
        }
    }
}

}  // namespace direct
}  // namespace wurstchen

#define DEPTHWISE_NORM_DIRECT(ROWS, COLUMNS, BLOCKS)                                                                                      \
    extern "C" __global__ void __launch_bounds__(wurstchen::direct::MOST_THREADS, BLOCKS) depthwise_norm_direct_##ROWS##x##COLUMNS(         \
            const half* x, const half* scale, const half* offset, const half* weight, const half* bias, const half* joined,               \
            const half* joined2, half* y, half* normed, int R, int H, int W, int C, int E1, int E2, float epsilon) {                      \
        wurstchen::overlap();                                                                                                             \
        wurstchen::direct::depthwise_norm<ROWS, COLUMNS>(wurstchen::Map{H, W, C, epsilon},                                                \
                wurstchen::DepthwiseNorm{x, scale, offset, weight, bias, joined, joined2, y, normed, E1, E2});                            \
    }

DEPTHWISE_NORM_DIRECT(2, 3, 2)
DEPTHWISE_NORM_DIRECT(1, 2, 3)
