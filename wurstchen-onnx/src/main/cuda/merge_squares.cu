// Operator MergeSquares: cells [maps, height, width, 4 * C], four tokens of a 2x2 square behind each other, become the map
// y [maps, 2 * height - 2, 2 * width - 2, C] of these tokens without its outermost rows and columns. A copy, limited by memory.
//
// Launch: 256 threads; grid (ceil((2 * width - 2) * units / 256), any up to 2 * height - 2, maps), where units are C / 8 of 16 bytes, or C.
#include <overlap.cuh>

#include "vectors.cuh"

namespace wurstchen {

template <class UNIT>
__device__ __forceinline__ void merge_squares(const UNIT* cells, UNIT* y, int height, int width, int units) {
    const int rows = 2 * height - 2, length = (2 * width - 2) * units;
    for (int row = blockIdx.y; row < rows; row += gridDim.y) {
        const long squares = (static_cast<long>(blockIdx.z) * height + (row + 1) / 2) * width;
        UNIT* result = y + (static_cast<long>(blockIdx.z) * rows + row) * length;
        for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < length; i += gridDim.x * blockDim.x) {
            const int column = i / units + 1;
            result[i] = cells[((squares + column / 2) * 4 + (row + 1) % 2 * 2 + column % 2) * units + i % units];
        }
    }
}

}  // namespace wurstchen

extern "C" __global__ void __launch_bounds__(256) merge_squares(const half* cells, half* y, int height, int width, int C) {
    wurstchen::overlap();
    wurstchen::merge_squares(wurstchen::vectors(cells), wurstchen::vectors(y), height, width, C / wurstchen::WIDTH);
}

extern "C" __global__ void __launch_bounds__(256) merge_squares_any(const half* cells, half* y, int height, int width, int C) {
    wurstchen::overlap();
    wurstchen::merge_squares(cells, y, height, width, C);
}
