/* The functions of src/main/cuda/overlap.cuh, for a CPU. */
#pragma once
#include "block.hpp"

namespace wurstchen {

inline void allow_next() {}

inline void await_previous() {
    emulation::awaitPrevious();
}

inline void overlap() {
    allow_next();
    await_previous();
}

}  // namespace wurstchen
