// y = x (1 + scale) + offset; normed = norm over the channels of depthwise 3x3 of y with a border of zeros, then the joined columns.
#include "depthwise.cuh"

namespace wurstchen {

struct DepthwiseNorm {
    static constexpr int CONSTANTS = 12;  // 9 taps, bias, scale, offset
    const half *x, *scale, *offset, *weight, *bias;
    const half *joined, *joined2;
    half *y, *normed;
    int joinedChannels, joinedChannels2;

    __device__ __forceinline__ int outputLanes(const Map& map) const {
        return (map.channels + joinedChannels + joinedChannels2) / WIDTH;
    }

    __device__ __forceinline__ void fetch_constants(uint4* constants, int lanes) const {
        for (int i = threadIdx.x; i < 9 * lanes; i += blockDim.x) {
            copy_16(constants + i, vectors(weight) + i, true);
        }
        for (int i = threadIdx.x; i < lanes; i += blockDim.x) {
            copy_16(constants + 9 * lanes + i, vectors(bias) + i, true);
            copy_16(constants + 10 * lanes + i, vectors(scale) + i, true);
            copy_16(constants + 11 * lanes + i, vectors(offset) + i, true);
        }
    }

    template <class PLACE>
    __device__ __forceinline__ void fetch(const Map& map, const PLACE& place, int groups, int row, uint4* to, float2*) const {
        if (!place.active || row < 0 || row >= map.height) {
            return;
        }
        const uint4* line = vectors(x) + (place.map + static_cast<long>(row) * map.width) * place.lanes + place.lane;
        for (int i = place.group; i < place.halo; i += groups) {
            const int column = place.column - 1 + i;
            const bool present = column >= 0 && column < map.width;
            copy_16(to + i * place.lanes + place.lane, present ? line + static_cast<long>(column) * place.lanes : vectors(x), present);
        }
    }

    // Copies the joined columns of the whole tile.
    template <class PLACE>
    __device__ __forceinline__ void start(const Map& map, const PLACE& place) const {
        constexpr int FLIGHT = 4;
        const unsigned width = min(place.columns, map.width - place.column);
        int at = place.lanes;
#pragma unroll 1
        for (int k = 0; k < 2; k++) {
            const uint4* from = vectors(k == 0 ? joined : joined2);
            const unsigned lanes = (k == 0 ? joinedChannels : joinedChannels2) / WIDTH, count = place.outputs * width * lanes;
            for (unsigned base = threadIdx.x; base < count; base += FLIGHT * blockDim.x) {
                uint4 values[FLIGHT];
                uint4* to[FLIGHT];
#pragma unroll
                for (int i = 0; i < FLIGHT; i++) {
                    const unsigned index = base + i * blockDim.x, in_tile = index / lanes, down = in_tile / width;
                    if (index < count) {
                        const long token = place.map + static_cast<long>(place.row + down) * map.width + place.column + (in_tile - down * width);
                        const unsigned lane = index - in_tile * lanes;
                        values[i] = from[token * lanes + lane];
                        to[i] = vectors(normed) + token * outputLanes(map) + at + lane;
                    }
                }
#pragma unroll
                for (int i = 0; i < FLIGHT; i++) {
                    if (base + i * blockDim.x < count) {
                        *to[i] = values[i];
                    }
                }
            }
            at += lanes;
        }
    }

    template <int N, class PLACE>
    __device__ __forceinline__ void values(const Map& map, const PLACE& place, int row, const uint4* raw, const float2*, const uint4* own,
            float (&v)[N + 2][WIDTH]) const {
        float scale[WIDTH], offset[WIDTH];
        unpack(own[10 * place.lanes], scale);
        unpack(own[11 * place.lanes], offset);
        const bool inside = row >= 0 && row < map.height;
#pragma unroll
        for (int j = 0; j < N + 2; j++) {
            unpack(raw[j * place.lanes], v[j]);
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                v[j][i] = fmaf(v[j][i], 1.f + scale[i], offset[i]);
            }
        }
        if (!inside || place.column == 0 || place.column + place.columns >= map.width) {
#pragma unroll
            for (int j = 0; j < N + 2; j++) {
                const int column = place.column + place.first - 1 + j;
                const bool present = inside && column >= 0 && column < map.width;
#pragma unroll
                for (int i = 0; i < WIDTH; i++) {
                    v[j][i] = present ? v[j][i] : 0.f;
                }
            }
        }
    }

    template <int N, class PLACE>
    __device__ __forceinline__ void centre(const Map& map, const PLACE& place, int row, const uint4*, const float (&v)[N + 2][WIDTH],
            float (&)[N][WIDTH]) const {
        const long token = place.map + static_cast<long>(row) * map.width + place.column + place.first;
        uint4* to = vectors(y) + token * place.lanes + place.lane;
#pragma unroll
        for (int j = 0; j < N; j++) {
            if (j < place.writable) {
                to[j * place.lanes] = pack(v[j + 1]);
            }
        }
    }

    template <int N, class PLACE>
    __device__ __forceinline__ void finish(const Map& map, const PLACE& place, int row, const float (&out)[N][WIDTH], const float2* finished,
            const uint4*) const {
        const long token = place.map + static_cast<long>(row) * map.width + place.column + place.first;
        const int stride = outputLanes(map);
        uint4* to = vectors(normed) + token * stride + place.lane;
#pragma unroll
        for (int j = 0; j < N; j++) {
            float values[WIDTH];
            normalize(out[j], finished[j].x, finished[j].y, values);
            const uint4 packed = pack(values);
            if (j < place.writable) {
                to[j * stride] = packed;
            }
        }
    }
};

// Any C, E1, E2 and alignment: a block a token, computed anew in each of the three passes.
__device__ __forceinline__ void depthwise_norm_token(const Map& map, const DepthwiseNorm& op, long token) {
    const int column = static_cast<int>(token % map.width), row = static_cast<int>(token / map.width % map.height), channels = map.channels;
    const long width = map.width;
    auto affine = [&](long at, int c) {
        return fmaf(__half2float(op.x[at * channels + c]), 1.f + __half2float(op.scale[c]), __half2float(op.offset[c]));
    };
    auto convolved = [&](int c) {
        float sum = __half2float(op.bias[c]);
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                if (row + dy >= 0 && row + dy < map.height && column + dx >= 0 && column + dx < map.width) {
                    const long tap = (dy + 1) * 3 + dx + 1;
                    sum = fmaf(__half2float(op.weight[tap * channels + c]), affine(token + dy * width + dx, c), sum);
                }
            }
        }
        return sum;
    };
    float sum = 0.f, squares = 0.f;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        sum += convolved(c);
    }
    const float mean = block_sum(sum) / channels;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        const float deviation = convolved(c) - mean;
        squares = fmaf(deviation, deviation, squares);
    }
    const float inverse = rsqrtf(block_sum(squares) / channels + map.epsilon);
    half* out = op.normed + token * (channels + op.joinedChannels + op.joinedChannels2);
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        op.y[token * channels + c] = __float2half_rn(affine(token, c));
        out[c] = __float2half_rn((convolved(c) - mean) * inverse);
    }
    out += channels;
    for (int c = threadIdx.x; c < op.joinedChannels; c += blockDim.x) {
        out[c] = op.joined[token * op.joinedChannels + c];
    }
    out += op.joinedChannels;
    for (int c = threadIdx.x; c < op.joinedChannels2; c += blockDim.x) {
        out[c] = op.joined2[token * op.joinedChannels2 + c];
    }
}

}  // namespace wurstchen

#define DEPTHWISE_NORM(N)                                                                                                                \
    extern "C" __global__ void __launch_bounds__(wurstchen::depthwise_threads(N)) depthwise_norm_##N(const half* x, const half* scale,     \
            const half* offset, const half* weight, const half* bias, const half* joined, const half* joined2, half* y, half* normed,    \
            int R, int H, int W, int C, int E1, int E2, float epsilon, int groups, int rows, int stages) {                               \
        wurstchen::overlap();                                                                                                            \
        wurstchen::depthwise<N>(wurstchen::Map{H, W, C, epsilon}, wurstchen::Tiling{groups, rows, stages},                               \
                wurstchen::DepthwiseNorm{x, scale, offset, weight, bias, joined, joined2, y, normed, E1, E2});                       \
    }

DEPTHWISE_NORM(2)
DEPTHWISE_NORM(3)
DEPTHWISE_NORM(4)

extern "C" __global__ void __launch_bounds__(256) depthwise_norm_any(const half* x, const half* scale, const half* offset, const half* weight,
        const half* bias, const half* joined, const half* joined2, half* y, half* normed, int R, int H, int W, int C, int E1, int E2,
        float epsilon) {
    wurstchen::overlap();
    const wurstchen::DepthwiseNorm op{x, scale, offset, weight, bias, joined, joined2, y, normed, E1, E2};
    const long tokens = static_cast<long>(R) * H * W;
    for (long token = blockIdx.x; token < tokens; token += gridDim.x) {
        wurstchen::depthwise_norm_token(wurstchen::Map{H, W, C, epsilon}, op, token);
    }
}
