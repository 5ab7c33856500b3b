/*
 * Products of two tiles in shared memory by a warpgroup of sm_90a: d = a b, or d += a b, with 64 rows of d and N columns; warp i of the group
 * has rows 16 i and on. `a` has 16 rows, each with 64 numbers of one column of the left operand; `b` has N rows, each a column of the
 * right operand, of which 16 numbers are taken. Both are given as describe() has it.
 */
#pragma once
#include "warpgroup.cuh"

namespace warp {

template <int N>
__device__ inline void multiplyShared(float (&d)[N / 8][4], unsigned a, unsigned b, bool add);

#define ACCUMULATORS(N) "+f"(d[N][0]), "+f"(d[N][1]), "+f"(d[N][2]), "+f"(d[N][3])

template <>
__device__ inline void multiplyShared<96>(float (&d)[12][4], unsigned a, unsigned b, bool add) {
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        ".reg .b64 a, b;\n"
        "setp.ne.b32 p, %50, 0;\n"
        "mov.b64 a, {%48, %51};\n"
        "mov.b64 b, {%49, %51};\n"
        "wgmma.mma_async.sync.aligned.m64n96k16.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47}, "
        "a, b, p, 1, 1, 1, 0;\n"
        "}"
        : ACCUMULATORS(0), ACCUMULATORS(1), ACCUMULATORS(2), ACCUMULATORS(3), ACCUMULATORS(4), ACCUMULATORS(5),
          ACCUMULATORS(6), ACCUMULATORS(7), ACCUMULATORS(8), ACCUMULATORS(9), ACCUMULATORS(10), ACCUMULATORS(11)
        : "r"(a), "r"(b), "r"(static_cast<int>(add)), "n"(TILE_LAYOUT)
        : "memory");
}

template <>
__device__ inline void multiplyShared<128>(float (&d)[16][4], unsigned a, unsigned b, bool add) {
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        ".reg .b64 a, b;\n"
        "setp.ne.b32 p, %66, 0;\n"
        "mov.b64 a, {%64, %67};\n"
        "mov.b64 b, {%65, %67};\n"
        "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
        "a, b, p, 1, 1, 1, 0;\n"
        "}"
        : ACCUMULATORS(0), ACCUMULATORS(1), ACCUMULATORS(2), ACCUMULATORS(3), ACCUMULATORS(4), ACCUMULATORS(5),
          ACCUMULATORS(6), ACCUMULATORS(7), ACCUMULATORS(8), ACCUMULATORS(9), ACCUMULATORS(10), ACCUMULATORS(11),
          ACCUMULATORS(12), ACCUMULATORS(13), ACCUMULATORS(14), ACCUMULATORS(15)
        : "r"(a), "r"(b), "r"(static_cast<int>(add)), "n"(TILE_LAYOUT)
        : "memory");
}

template <>
__device__ inline void multiplyShared<144>(float (&d)[18][4], unsigned a, unsigned b, bool add) {
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        ".reg .b64 a, b;\n"
        "setp.ne.b32 p, %74, 0;\n"
        "mov.b64 a, {%72, %75};\n"
        "mov.b64 b, {%73, %75};\n"
        "wgmma.mma_async.sync.aligned.m64n144k16.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
        "%64, %65, %66, %67, %68, %69, %70, %71}, "
        "a, b, p, 1, 1, 1, 0;\n"
        "}"
        : ACCUMULATORS(0), ACCUMULATORS(1), ACCUMULATORS(2), ACCUMULATORS(3), ACCUMULATORS(4), ACCUMULATORS(5),
          ACCUMULATORS(6), ACCUMULATORS(7), ACCUMULATORS(8), ACCUMULATORS(9), ACCUMULATORS(10), ACCUMULATORS(11),
          ACCUMULATORS(12), ACCUMULATORS(13), ACCUMULATORS(14), ACCUMULATORS(15), ACCUMULATORS(16), ACCUMULATORS(17)
        : "r"(a), "r"(b), "r"(static_cast<int>(add)), "n"(TILE_LAYOUT)
        : "memory");
}

#undef ACCUMULATORS

} // namespace warp
