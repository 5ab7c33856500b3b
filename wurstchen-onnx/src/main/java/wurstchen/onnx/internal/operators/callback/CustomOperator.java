package wurstchen.onnx.internal.operators.callback;

/** An operator of which ONNX Runtime asks Java for the kernels. Implementations are thread-safe. */
public interface CustomOperator {
    /** Returns what nodes of this operator look like. */
    OperatorSignature signature();

    /**
     * Creates the kernel of one node, when a session is opened.
     *
     * @param attributes of the node, readable during this call only
     * @throws wurstchen.WurstchenException if an attribute is not as it must be; the session is then not opened
     */
    OperatorKernel create(NodeAttributes attributes);
}
