// Operator MaskedAttention: each token of a text attends to the tokens that its mask leaves. For text encoders: few tokens, many heads.
//
//   qkv    [rows, tokens, 3 * heads * dim] float16; columns: all heads' queries, keys, values
//   mask   [rows, 1, tokens, tokens] float16, added to the products of queries (third axis) and keys; a low value hides a key
//   y      [rows, tokens, heads * dim] float16
//   scale  factor of the products
//
// dim is a multiple of 8; qkv and y are aligned to 16 bytes. Arithmetic is in float32. A block keeps the keys and values of one head in shared
// memory; each of its warps computes one query at a time, first with a key for each lane, then with two channels for each lane.
//
// Launch: 256 threads; grid (ceil(tokens / 16), heads, rows); dynamic shared memory
// 4 * tokens * (dim + 8) + 32 * (dim + tokens rounded up to a multiple of 4) bytes.
#include <async.cuh>
#include <overlap.cuh>

#include "reduce.cuh"
#include "vectors.cuh"

namespace wurstchen {

__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) {
        value = fmaxf(value, __shfl_xor_sync(WHOLE_WARP, value, distance));
    }
    return value;
}

struct MaskedAttention {
    static constexpr int QUERIES = 16;  // of a block

    const half *qkv, *mask;
    half* y;
    int tokens, heads, dim;
    float scale;

    // Rows of keys and values are 16 bytes longer than a head, so that lanes read from different banks.
    __device__ __forceinline__ int stride() const {
        return dim + WIDTH;
    }

    __device__ __forceinline__ half* keys() const {
        return reinterpret_cast<half*>(dynamic_shared());
    }

    __device__ __forceinline__ half* values() const {
        return keys() + tokens * stride();
    }

    // A warp's query, scaled, and behind it the weights of the keys.
    __device__ __forceinline__ float* query() const {
        float* warps = reinterpret_cast<float*>(values() + tokens * stride());
        return warps + threadIdx.x / 32 * (dim + (tokens + 3) / 4 * 4);
    }

    // part: 0 queries, 1 keys, 2 values; of this block's head.
    __device__ __forceinline__ const half* at(int part, int token) const {
        const long row = static_cast<long>(blockIdx.z) * tokens + token;
        return qkv + ((row * 3 + part) * heads + blockIdx.y) * dim;
    }

    __device__ __forceinline__ void copy_keys_and_values() const {
        const int pieces = dim / WIDTH;
        for (int i = threadIdx.x; i < tokens * pieces; i += blockDim.x) {
            const int token = i / pieces, piece = i % pieces * WIDTH;
            *vectors(keys() + token * stride() + piece) = *vectors(at(1, token) + piece);
            *vectors(values() + token * stride() + piece) = *vectors(at(2, token) + piece);
        }
    }

    __device__ __forceinline__ float product(const float* query, int key) const {
        float sum = 0.f;
        for (int c = 0; c < dim; c += WIDTH) {
            float left[WIDTH], right[WIDTH];
            load<true>(query + c, WIDTH, left);
            unpack(*vectors(keys() + key * stride() + c), right);
#pragma unroll
            for (int i = 0; i < WIDTH; i++) {
                sum = fmaf(left[i], right[i], sum);
            }
        }
        return sum;
    }

    // Stores the weights of all keys, not yet divided by their sum, which it returns.
    __device__ __forceinline__ float weigh(int token, const float* query, float* weights) const {
        const half* hidden = mask + (static_cast<long>(blockIdx.z) * tokens + token) * tokens;
        float most = -INFINITY, sum = 0.f;
        for (int key = threadIdx.x % 32; key < tokens; key += 32) {
            weights[key] = product(query, key) + __half2float(hidden[key]);
            most = fmaxf(most, weights[key]);
        }
        most = warp_max(most);
        for (int key = threadIdx.x % 32; key < tokens; key += 32) {
            weights[key] = expf(weights[key] - most);
            sum += weights[key];
        }
        return warp_sum(sum);
    }

    __device__ __forceinline__ void mix(int token, const float* weights, float sum) const {
        half* result = y + ((static_cast<long>(blockIdx.z) * tokens + token) * heads + blockIdx.y) * dim;
        for (int c = threadIdx.x % 32 * 2; c < dim; c += 64) {
            float2 mixed = make_float2(0.f, 0.f);
            for (int key = 0; key < tokens; key++) {
                const float2 value = __half22float2(*reinterpret_cast<const half2*>(values() + key * stride() + c));
                mixed.x = fmaf(weights[key], value.x, mixed.x);
                mixed.y = fmaf(weights[key], value.y, mixed.y);
            }
            *reinterpret_cast<half2*>(result + c) = __floats2half2_rn(mixed.x / sum, mixed.y / sum);
        }
    }

    __device__ __forceinline__ void run() const {
        float *query = this->query(), *weights = query + dim;
        copy_keys_and_values();
        __syncthreads();
        const int first = blockIdx.x * QUERIES;
        for (int token = first + threadIdx.x / 32; token < min(first + QUERIES, tokens); token += blockDim.x / 32) {
            for (int c = threadIdx.x % 32; c < dim; c += 32) {
                query[c] = __half2float(at(0, token)[c]) * scale;
            }
            __syncwarp();
            const float sum = weigh(token, query, weights);
            __syncwarp();
            mix(token, weights, sum);
            __syncwarp();
        }
    }
};

}  // namespace wurstchen

extern "C" __global__ void __launch_bounds__(256) masked_attention(const half* qkv, const half* mask, half* y, int tokens, int heads, int dim,
        float scale) {
    wurstchen::overlap();
    wurstchen::MaskedAttention{qkv, mask, y, tokens, heads, dim, scale}.run();
}
