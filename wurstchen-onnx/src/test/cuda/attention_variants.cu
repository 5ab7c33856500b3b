/*
 * Variants of the Hopper kernel that are measured beside those in use: parameters are warpgroups, stages, tiles ahead, one tile of
 * exponentials in how many by polynomial (0: none), blocks on a multiprocessor. attention.py knows them by name.
 */
#include "../../main/cuda/attention.cu"
#include "../../main/cuda/attention_hopper.cu"

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
JOINT_ATTENTION_HOPPER(hopper_64_s4, 1, 4, 2, 0, 3)
JOINT_ATTENTION_HOPPER(hopper_128_p4, 2, 4, 2, 4, 2)
JOINT_ATTENTION_HOPPER(hopper_128_s5, 2, 5, 3, 0, 2)
JOINT_ATTENTION_HOPPER(hopper_192, 3, 4, 2, 0, 1)
JOINT_ATTENTION_HOPPER(hopper_256, 4, 5, 3, 0, 1)
#endif
