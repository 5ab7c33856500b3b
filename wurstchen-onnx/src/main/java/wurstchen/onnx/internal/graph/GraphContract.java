package wurstchen.onnx.internal.graph;

import static java.util.stream.Collectors.joining;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.google.common.collect.ImmutableList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Compares the tensors of a graph with the expected ones: names, dtypes, number of axes, and fixed lengths. Done when a model is opened, so
 * that differences do not first appear during a run.
 */
public final class GraphContract {
    /** In an expected tensor: an axis of any fixed length, which the model's architecture decides. */
    public static final String ANY_FIXED = "any";

    /** In a found tensor: an axis without a length or a name. */
    private static final String UNNAMED = "unnamed";

    private GraphContract() {}

    /** Compares an opened graph with the manifest. */
    public static void check(GraphSpec manifest, OrtSession session) {
        try {
            check(manifest.file(), "input", manifest.inputs(), found(session.getInputInfo()));
            check(manifest.file(), "output", manifest.outputs(), found(session.getOutputInfo()));
        } catch (OrtException e) {
            throw new WurstchenException(manifest.file() + ": ONNX Runtime cannot describe it: " + OneLine.of(e.getMessage()), e);
        }
    }

    /**
     * Compares tensors by name; their order does not matter.
     *
     * @param where starts the message
     * @param kind {@code input} or {@code output}
     * @throws ModelBundleException naming the first tensor that differs, with what was expected and what was found
     */
    public static void check(String where, String kind, List<TensorSpec> expected, List<TensorSpec> found) {
        for (TensorSpec one : expected) {
            Optional<TensorSpec> same = byName(found, one.name());
            if (same.isEmpty()) {
                throw new ModelBundleException(where + ": expected an " + kind + " " + one + ", found only " + names(found)
                        + "; export the bundle again");
            }
            if (!fits(one, same.get())) {
                throw new ModelBundleException(where + ": expected the " + kind + " " + one + ", found " + same.get()
                        + "; export the bundle again");
            }
        }
        for (TensorSpec one : found) {
            if (byName(expected, one.name()).isEmpty()) {
                throw new ModelBundleException(where + ": found an unknown " + kind + " " + one + ", expected only "
                        + names(expected) + "; export the bundle again");
            }
        }
        if (found.size() != expected.size()) {
            throw new ModelBundleException(
                    where + ": expected the " + kind + "s " + names(expected) + ", found " + names(found) + "; export the bundle again");
        }
    }

    private static boolean fits(TensorSpec expected, TensorSpec found) {
        if (!expected.dtype().equals(found.dtype()) || expected.axes().size() != found.axes().size()) {
            return false;
        }
        for (int i = 0; i < expected.axes().size(); i++) {
            boolean fits = expected.axes().get(i).equals(ANY_FIXED)
                    ? found.length(i) >= 0
                    : expected.length(i) == found.length(i);
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static Optional<TensorSpec> byName(Collection<TensorSpec> tensors, String name) {
        return tensors.stream().filter(tensor -> tensor.name().equals(name)).findFirst();
    }

    private static String names(Collection<TensorSpec> tensors) {
        return tensors.isEmpty() ? "none" : tensors.stream().map(tensor -> OneLine.of(tensor.name())).collect(joining(", "));
    }

    private static ImmutableList<TensorSpec> found(Map<String, NodeInfo> info) {
        ImmutableList.Builder<TensorSpec> tensors = ImmutableList.builder();
        info.forEach((name, node) -> tensors.add(
                node.getInfo() instanceof TensorInfo tensor
                        ? new TensorSpec(OneLine.of(name), dtype(tensor.type), axes(tensor))
                        : new TensorSpec(OneLine.of(name), "not a tensor", ImmutableList.of())));
        return tensors.build();
    }

    private static String dtype(OnnxJavaType type) {
        return switch (type) {
            case FLOAT -> TensorSpec.FLOAT32;
            case INT64 -> TensorSpec.INT64;
            default -> type.name().toLowerCase(Locale.ROOT);
        };
    }

    private static ImmutableList<String> axes(TensorInfo tensor) {
        ImmutableList.Builder<String> axes = ImmutableList.builder();
        long[] shape = tensor.getShape();
        String[] names = tensor.getDimensionNames();
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] >= 0) {
                axes.add(Long.toString(shape[i]));
            } else {
                axes.add(names[i].matches("[a-z][a-z0-9_]*") ? names[i] : UNNAMED);
            }
        }
        return axes.build();
    }
}
