package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Optional;
import wurstchen.WurstchenException;

/** A plan of cuBLASLt. */
final class CublasLtPlan implements ProductPlan {
    /** CUBLAS_STATUS_INVALID_VALUE and CUBLAS_STATUS_NOT_SUPPORTED: what an algorithm says of matrices that it does not take. */
    private static final int INVALID_VALUE = 7;

    private static final int NOT_SUPPORTED = 15;

    /** The factors alpha and beta, which cuBLASLt reads from the host's memory. */
    private static final Memory FACTORS = factors(0, 1);

    private static final long ZERO = Pointer.nativeValue(FACTORS);
    private static final long ONE = ZERO + Float.BYTES;

    private final CublasLt library;
    private final CublasLtDescription description;
    private final CublasLtAlgorithms algorithms;

    /** Takes over the description. */
    CublasLtPlan(CublasLt library, CublasLtDescription description, CublasLtAlgorithms algorithms) {
        this.library = library;
        this.description = description;
        this.algorithms = algorithms;
    }

    private static Memory factors(float... values) {
        Memory memory = new Memory((long) values.length * Float.BYTES);
        memory.write(0, values, 0, values.length);
        return memory;
    }

    @Override
    public int algorithms() {
        return algorithms.addresses().length();
    }

    @Override
    public Optional<String> run(int algorithm, Product product, long stream) {
        ProductShape shape = product.shape();
        if (shape.epilogue() != Epilogue.NONE) {
            description.setBias(product.bias());
        }
        int status = CublasLtFunctions.cublasLtMatmul(
                library.handle(),
                description.product(),
                ONE,
                product.weight(),
                description.weight(),
                product.x(),
                description.x(),
                shape.residual() ? ONE : ZERO,
                shape.residual() ? product.residual() : product.y(),
                description.y(),
                product.y(),
                description.y(),
                algorithms.addresses().get(algorithm),
                library.workspace(),
                CublasLt.WORKSPACE_BYTES,
                stream);
        if (status == INVALID_VALUE || status == NOT_SUPPORTED) {
            return Optional.of(CublasLt.name(status));
        }
        if (status != CublasLt.SUCCESS) {
            throw new WurstchenException("cuBLASLt fails at a product of " + shape + ": " + CublasLt.name(status));
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        description.close();
    }
}
