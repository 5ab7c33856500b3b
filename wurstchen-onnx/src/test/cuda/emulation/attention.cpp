/*
 * Runs the kernels of attention.cu and attention_hopper.cu on a CPU and compares them with attention in float64, on sizes that end in the middle of every tile. Inputs and
 * outputs end at a page that cannot be touched. Build and run, from this folder:
 *
 *   g++ -std=c++17 -O2 -Wall -Wno-unknown-pragmas -I. -DWARP_EMULATION='"../../test/cuda/emulation/warp.hpp"' \
 *       -DWARPGROUP_EMULATION='"../../test/cuda/emulation/warpgroup.hpp"' attention.cpp -o /tmp/attention && /tmp/attention
 */
#include "../../../main/cuda/attention.cu"
#include "../../../main/cuda/attention_hopper.cu"

#include <sys/mman.h>
#include <unistd.h>

namespace {

using warp::Half;

/** An array that ends where the next page is forbidden. */
template <typename T>
struct Guarded {
    T* data;
    size_t count;

    emulation::Held held() const { return {reinterpret_cast<unsigned char*>(data), count * sizeof(T)}; }

    explicit Guarded(size_t count) : count(count) {
        const size_t page = sysconf(_SC_PAGESIZE), bytes = count * sizeof(T), pages = (bytes + page - 1) / page;
        unsigned char* all = static_cast<unsigned char*>(mmap(nullptr, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(all + pages * page, page, PROT_NONE);
        std::memset(all, 0xff, pages * page);
        data = reinterpret_cast<T*>(all + pages * page - bytes);
    }
};

struct Kernel {
    const char* name;
    void (*run)(const Half*, const float*, Half*, int, int, int, int, int, float);
    int tile, threads;
    unsigned shared;
};

struct Shape {
    int rows, tokens, heads, textLength, blocks, block;
    float spread; // of queries; large ones make the softmax sharp and its maximum move
};

/** What one token's output of one head should be. */
void expected(const Shape& shape, const Half* qkv, const float* text, int row, int head, int token, double (&result)[64]) {
    const int columns = shape.heads * 64, keys = shape.textLength + shape.tokens;
    const auto map = [&](int t, int part, int i) { return static_cast<double>(emulation::fromHalf(qkv[(static_cast<size_t>(row) * shape.tokens + t) * 3 * columns + part * columns + head * 64 + i])); };
    const auto at = [&](int key, int part, int i) {
        if (key >= shape.textLength) return map(key - shape.textLength, part, i);
        const size_t index = ((((shape.block * 2 + part - 1) * shape.rows + row) * static_cast<size_t>(shape.heads) + head) * shape.textLength + key) * 64 + i;
        return static_cast<double>(emulation::fromHalf(emulation::toHalf(text[index])));
    };
    std::vector<double> weights(keys);
    double most = -INFINITY, sum = 0;
    for (int key = 0; key < keys; key++) {
        for (int i = 0; i < 64; i++) weights[key] += map(token, 0, i) * at(key, 1, i) * 0.125;
        most = std::max(most, weights[key]);
    }
    for (double& weight : weights) sum += weight = std::exp(weight - most);
    for (int i = 0; i < 64; i++) {
        result[i] = 0;
        for (int key = 0; key < keys; key++) result[i] += weights[key] / sum * at(key, 2, i);
    }
}

void check(const Kernel& kernel, const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    const int columns = shape.heads * 64;
    Guarded<Half> qkv(static_cast<size_t>(shape.rows) * shape.tokens * 3 * columns), y(static_cast<size_t>(shape.rows) * shape.tokens * columns);
    Guarded<float> text(static_cast<size_t>(shape.blocks) * 2 * shape.rows * shape.heads * shape.textLength * 64);
    for (size_t i = 0; i < qkv.count; i++) qkv.data[i] = emulation::toHalf(normal(random) * (i / columns % 3 == 0 ? shape.spread : 1.0f));
    for (size_t i = 0; i < text.count; i++) text.data[i] = normal(random);
    const emulation::Index grid = {static_cast<unsigned>((shape.tokens + kernel.tile - 1) / kernel.tile), static_cast<unsigned>(shape.heads), static_cast<unsigned>(shape.rows)};
    emulation::launch(grid, kernel.threads, kernel.shared, seed, {qkv.held(), text.held(), y.held()}, [&] {
        kernel.run(qkv.data, text.data, y.data, shape.rows, shape.tokens, shape.heads, shape.textLength, shape.block, 0.125f);
    });
    double difference = 0, size = 0, worst = 0;
    for (int row = 0; row < shape.rows; row++) {
        for (int head = 0; head < shape.heads; head++) {
            for (int token = 0; token < shape.tokens; token++) {
                double result[64];
                expected(shape, qkv.data, text.data, row, head, token, result);
                for (int i = 0; i < 64; i++) {
                    const double off = emulation::fromHalf(y.data[(static_cast<size_t>(row) * shape.tokens + token) * columns + head * 64 + i]) - result[i];
                    difference += off * off;
                    size += result[i] * result[i];
                    worst = std::isnan(off) ? NAN : std::max(worst, std::fabs(off));
                }
            }
        }
    }
    const double relative = std::sqrt(difference / size);
    if (relative < 6e-4 && worst < 4e-3 && emulation::block.conflicts == 0) return; // float16 has 2^-11 = 4.9e-4
    std::printf("%s of %d threads, rows %d, tokens %d, heads %d, text %d, block %d of %d, spread %.0f: relative error %.1e (below 6e-4), largest %.1e (below 4e-3), bank conflicts %u (none)\n",
                kernel.name, kernel.threads, shape.rows, shape.tokens, shape.heads, shape.textLength, shape.block, shape.blocks, shape.spread, relative, worst, emulation::block.conflicts);
    std::exit(1);
}

const Kernel KERNELS[] = {
    {"joint_attention", joint_attention, 64, 64, 49152},
    {"joint_attention", joint_attention, 128, 128, 49152},
    {"joint_attention_hopper_64", joint_attention_hopper_64, 64, 128, attention::Hopper<1, 3, 2, 0>::SHARED},
    {"joint_attention_hopper_128", joint_attention_hopper_128, 128, 256, attention::Hopper<2, 4, 2, 0>::SHARED},
};

} // namespace

int main() {
    unsigned seed = 1;
    for (const Kernel& kernel : KERNELS) {
        for (const int tokens : {1, 15, 64, 97, 300}) {
            for (const int textLength : {0, 1, 77, 83}) check(kernel, {1, tokens, 1, textLength, 1, 0, 1}, seed++);
        }
        check(kernel, {2, 70, 3, 77, 3, 2, 8}, seed++);
        check(kernel, {3, 193, 2, 161, 2, 1, 30}, seed++);
    }
    std::printf("%u cases of attention agree with float64\n", seed - 1);
    return 0;
}
