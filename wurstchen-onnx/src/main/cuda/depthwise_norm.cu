// y = x (1 + scale) + offset; normed = norm over the channels of depthwise 3x3 of y with a border of zeros, then the joined columns.
#include "depthwise_norm.cuh"

namespace wurstchen {

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
