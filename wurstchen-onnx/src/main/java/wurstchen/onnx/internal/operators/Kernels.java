package wurstchen.onnx.internal.operators;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.stream.Stream;
import wurstchen.onnx.internal.operators.gpu.KernelSpec;

/** All kernels that operators launch: the functions of {@code src/main/cuda}. */
final class Kernels {
    static final ImmutableList<KernelSpec> ALL = Stream.of(
                    depthwise("depthwise_norm"),
                    depthwise("mixing_depthwise"),
                    norm("norm_statistics"),
                    norm("affine_norm"),
                    plain("response_scale"),
                    plain("scale_activation"),
                    plain("scale_weight"),
                    Stream.of(MaskedAttentionKernel.KERNEL),
                    Arrays.stream(GeluTile.values()).map(GeluTile::spec),
                    Stream.of(new KernelSpec("response_of_squares", 0, false, false)),
                    Stream.of(KernelSpec.OVERLAP_TRIAL),
                    Arrays.stream(AttentionTile.values()).map(AttentionTile::spec).distinct())
            .flatMap(kernels -> kernels)
            .collect(ImmutableList.toImmutableList());

    private Kernels() {}

    /** Of 2, 3 and 4 columns a thread, and of any size. */
    private static Stream<KernelSpec> depthwise(String name) {
        return Stream.concat(
                Stream.of(2, 3, 4).map(columns -> new KernelSpec(name + "_" + columns, KernelSpec.ALL, false, true)),
                Stream.of(KernelSpec.of(name + Alignment.ANY)));
    }

    private static Stream<KernelSpec> norm(String name) {
        return Stream.concat(
                NormGrid.PARTS.stream().map(parts -> KernelSpec.of(name + "_" + parts)), Stream.of(KernelSpec.of(name + Alignment.ANY)));
    }

    private static Stream<KernelSpec> plain(String name) {
        return Stream.of(name, name + Alignment.ANY).map(KernelSpec::of);
    }
}
