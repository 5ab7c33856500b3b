/* A library that launches the kernels by their names on a CPU, for kernels.py. */
#include <cuda_fp16.h>

#include <string>
#include <utility>

#include "depthwise_norm.cu"
#include "masked_attention.cu"
#include "mixing_depthwise.cu"
#include "norms.cu"
#include "overlap.cu"
#include "response.cu"

namespace {

template <typename... A, size_t... I>
void call(void (*kernel)(A...), void** parameters, std::index_sequence<I...>) {
    kernel(*static_cast<A*>(parameters[I])...);
}

template <typename... A>
std::function<void()> bind(void (*kernel)(A...), void** parameters) {
    return [=] { call(kernel, parameters, std::index_sequence_for<A...>()); };
}

std::function<void()> find(const std::string& name, void** parameters) {
#define KERNEL(NAME) \
    if (name == #NAME) return bind(NAME, parameters);
#define NORMS(N) KERNEL(affine_norm_##N) KERNEL(norm_statistics_##N)
#define DEPTHWISE(N) KERNEL(depthwise_norm_##N) KERNEL(mixing_depthwise_##N)
#define RESPONSE(SUFFIX) KERNEL(response_scale##SUFFIX) KERNEL(scale_activation##SUFFIX) KERNEL(scale_weight##SUFFIX)
    NORMS(1) NORMS(2) NORMS(3) NORMS(4) NORMS(6) NORMS(8) NORMS(any)
    DEPTHWISE(2) DEPTHWISE(3) DEPTHWISE(4) DEPTHWISE(any)
    RESPONSE() RESPONSE(_any)
    KERNEL(masked_attention)
    KERNEL(overlap_trial)
    emulation::fail(("there is no kernel " + name).c_str());
}

} // namespace

/** As cuLaunchKernel, for blocks of one axis. `tensors` and `sizes`: the memory that the parameters stand for, in bytes. */
extern "C" void launch(const char* name, const unsigned* grid, int threads, unsigned sharedSize, void** parameters, unsigned seed,
        unsigned char** tensors, const size_t* sizes, int count) {
    if (threads % 32) emulation::fail("a block is not of whole warps");
    if (sharedSize > wurstchen::SharedMemory::MOST) emulation::fail("more shared memory than any device has");
    std::vector<emulation::Held> held;
    for (int i = 0; i < count; i++) held.push_back({tensors[i], sizes[i]});
    emulation::launch({grid[0], grid[1], grid[2]}, threads, sharedSize, seed, std::move(held), find(name, parameters));
}
