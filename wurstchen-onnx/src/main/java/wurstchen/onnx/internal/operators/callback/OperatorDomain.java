package wurstchen.onnx.internal.operators.callback;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.List;
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;

/**
 * A domain of operators, to be added to sessions. Where it is, its operators take the place of functions of the same names in a model; where
 * it is not, ONNX Runtime runs the functions. It exists until the process ends, because sessions refer to it. Thread-safe.
 */
public final class OperatorDomain {
    private final long address;

    private OperatorDomain(long address) {
        this.address = address;
    }

    /**
     * Creates a domain. Needs the C API.
     *
     * @param name such as {@code wurstchen}
     * @param provider the execution provider of all operators, such as CUDAExecutionProvider
     */
    public static OperatorDomain create(String name, String provider, List<? extends CustomOperator> operators) throws OrtException {
        long[] created = new long[1];
        OrtStatus.check(OrtTable.CreateCustomOpDomain(name, created));
        for (CustomOperator operator : operators) {
            OrtStatus.check(OrtTable.CustomOpDomain_Add(created[0], OperatorSlots.register(operator, provider)));
        }
        return new OperatorDomain(created[0]);
    }

    /**
     * Lets a session's nodes be computed by the operators of this domain. A node of a domain's operator that has other types, or that the
     * operator's execution provider does not compute, makes opening the session fail.
     *
     * @throws OrtException if the options already have a domain of this name
     */
    public void addTo(SessionOptions options) throws OrtException {
        OrtStatus.check(OrtTable.AddCustomOpDomain(OrtHandles.sessionOptions(options), address));
    }
}
