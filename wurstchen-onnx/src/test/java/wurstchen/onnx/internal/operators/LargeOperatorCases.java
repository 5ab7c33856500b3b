package wurstchen.onnx.internal.operators;

import com.google.common.collect.ImmutableList;

/** Nodes of sizes at which a GPU's kernels divide their work in other ways than at small ones. */
public final class LargeOperatorCases {
    private LargeOperatorCases() {}

    /** Returns them: sizes of the published model, some of them beside odd ones. */
    public static ImmutableList<OperatorCase> all() {
        ImmutableList.Builder<OperatorCase> cases = ImmutableList.builder();
        // Stage C, then Stage B's four levels.
        OperatorCase.addNorms(cases, 2, 24, 24, 1536, 16);
        OperatorCase.addNorms(cases, 2, 64, 64, 320, 16);
        OperatorCase.addNorms(cases, 1, 64, 63, 640, 640);
        OperatorCase.addNorms(cases, 3, 31, 33, 1280, 8);
        OperatorCase.addNorms(cases, 2, 16, 16, 2048, 16);
        // More than the fast kernels take.
        OperatorCase.addNorms(cases, 1, 5, 9, 2056, 16);
        // Stage A.
        OperatorCase.addNorms(cases, 1, 130, 127, 192, 8);
        OperatorCase.addNorms(cases, 1, 97, 64, 384, 8);
        // By activation, then by weight.
        OperatorCase.addScaled(cases, 2, 8, 9, 1536, 384);
        OperatorCase.addScaled(cases, 3, 31, 33, 640, 160);
        OperatorCase.addScaled(cases, 1, 2, 5, 6144, 64);
        OperatorCase.addScaled(cases, 16, 3, 3, 264, 40);
        OperatorCase.addDense(cases, 2, 24, 24, 336, 640);
        OperatorCase.addDense(cases, 1, 1, 3, 1296, 2560);
        // Tiles of 144 tokens, of 128 whose last is not full, of 96; more than the fast kernel takes.
        OperatorCase.addDenseResponse(cases, 2, 24, 24, 336, 6144);
        OperatorCase.addDenseResponse(cases, 1, 65, 64, 640, 2560);
        OperatorCase.addDenseResponse(cases, 3, 16, 16, 72, 5128);
        OperatorCase.addDenseResponse(cases, 1, 3, 3, 16, 8200);
        OperatorCase.addAttention(cases, 2, 24, 24, 4, 77);
        OperatorCase.addAttention(cases, 1, 32, 33, 3, 77);
        OperatorCase.addAttention(cases, 5, 8, 8, 20, 77);
        OperatorCase.addAttention(cases, 1, 12, 16, 24, 154);
        // Text encoders of Stage C and B.
        OperatorCase.addMaskedAttention(cases, 2, 77, 20, 64);
        OperatorCase.addMaskedAttention(cases, 16, 77, 16, 64);
        OperatorCase.addMaskedAttention(cases, 1, 128, 3, 128);
        return cases.build();
    }
}
