// Programmatic dependent launch: from compute capability 9.0 on, a kernel may start while the one before it on the stream still runs
// (CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION). Its launch, and what it does before await_previous, then cost no time.
//
// The rules, which build.py checks in the compiled code:
// - Every thread of every kernel calls await_previous, also one that has nothing to do. The wait covers the kernel before this one alone; that
//   it covers all others too relies on the kernel before having waited in its turn.
// - Before it, a kernel neither reads nor writes global memory: what it would read may not be written yet, by whichever of the kernels before,
//   and what it would write may still be read, or be the scratch memory of a kernel before. Shared memory is its own.
// - allow_next may come first: the next kernel waits until all of this one is finished, so what this one writes after it is safe. Blocks of
//   the next one start when every block of this one has started, so they take no room from it.
#pragma once

namespace wurstchen {

// Lets the next kernel on the stream start as soon as all blocks of this one have called this, or ended.
__device__ __forceinline__ void allow_next() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Waits until the kernels before this one on the stream are finished, and what they wrote can be read. Nothing to wait for in a kernel that
// was launched without the attribute.
__device__ __forceinline__ void await_previous() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// For kernels that have nothing to do in between.
__device__ __forceinline__ void overlap() {
    allow_next();
    await_previous();
}

}  // namespace wurstchen
