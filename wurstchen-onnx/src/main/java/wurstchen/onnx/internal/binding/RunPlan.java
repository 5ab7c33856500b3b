package wurstchen.onnx.internal.binding;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Optional;

/**
 * What to bind to a graph.
 *
 * @param inputs a tensor for each input
 * @param outputs tensors for those outputs whose shapes are known
 * @param allocated the other outputs with their types, for which the graph makes tensors
 * @param allocatedOnHost those of {@code allocated} that are made where the CPU reads them
 * @param hostInputs inputs that the graph reads on the CPU, wherever the tensor is
 * @param recordable for a session that records runs: what to do with each of these
 */
public record RunPlan(
        ImmutableMap<String, Tensor> inputs,
        ImmutableMap<String, Tensor> outputs,
        ImmutableMap<String, ElementType> allocated,
        ImmutableSet<String> allocatedOnHost,
        ImmutableSet<String> hostInputs,
        Optional<Recordings.Runs> recordable) {}
