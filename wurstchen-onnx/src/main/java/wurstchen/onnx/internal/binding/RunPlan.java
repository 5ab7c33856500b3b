package wurstchen.onnx.internal.binding;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Optional;

/**
 * The tensors to bind to a graph.
 *
 * @param inputs a tensor for each input
 * @param outputs tensors for outputs of known shape
 * @param allocated the other outputs with their types, for which the graph makes tensors
 * @param allocatedOnHost those of {@code allocated} that the CPU will read
 * @param hostInputs inputs that the graph reads on the CPU, wherever the tensor is
 * @param recordable decides the use of each run, if runs of the session may be recorded
 * @param returnsMemory whether ONNX Runtime returns the memory of a run on the CPU after it; it would keep that of the largest run
 */
public record RunPlan(
        ImmutableMap<String, Tensor> inputs,
        ImmutableMap<String, Tensor> outputs,
        ImmutableMap<String, ElementType> allocated,
        ImmutableSet<String> allocatedOnHost,
        ImmutableSet<String> hostInputs,
        Optional<Recordings.Runs> recordable,
        boolean returnsMemory) {}
