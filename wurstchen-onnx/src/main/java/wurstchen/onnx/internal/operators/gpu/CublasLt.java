package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import wurstchen.WurstchenException;

/**
 * cuBLASLt on one GPU. It counts in column-major matrices: a row-major {@code y = x weight} is the column-major {@code yT = weightT xT} of the
 * same memory, so the weight is its matrix A, x is B, and a bias has a value for each row of its result.
 *
 * <p>Source of all numbers: cublasLt.h, cublas_api.h and library_types.h of CUDA 12 and 13.
 */
final class CublasLt implements ProductLibrary {
    static final int SUCCESS = 0;

    /** So much workspace each stream lends to its products, which NVIDIA recommends for GPUs of compute capability 9.0. */
    static final long WORKSPACE_BYTES = 32L << 20;

    /** CUBLAS_STATUS_NOT_SUPPORTED. */
    private static final int NOT_SUPPORTED = 15;

    /** CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, a uint64_t. */
    private static final int MAX_WORKSPACE_BYTES = 1;

    /** CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, a uint32_t; those of B, C and D follow. */
    private static final int MIN_ALIGNMENT_A_BYTES = 5;

    private static final int MIN_ALIGNMENT_B_BYTES = 6;
    private static final int MIN_ALIGNMENT_C_BYTES = 7;
    private static final int MIN_ALIGNMENT_D_BYTES = 8;

    /** How many algorithms are asked for. */
    private static final int ALGORITHMS = 8;

    private final long handle;
    private final long workspace;

    private CublasLt(long handle, long workspace) {
        this.handle = handle;
        this.workspace = workspace;
    }

    /**
     * Opens the library for the GPU whose context is current.
     *
     * @param workspace the address of {@link #WORKSPACE_BYTES} of the GPU's memory, the caller's
     * @throws WurstchenException if it does not start
     * @throws UnsatisfiedLinkError if it lacks a function
     */
    static CublasLt open(NativeLibrary library, long workspace) {
        CublasLtFunctions.link(library);
        long[] handle = new long[1];
        check("cublasLtCreate", CublasLtFunctions.cublasLtCreate(handle));
        return new CublasLt(handle[0], workspace);
    }

    static void check(String function, int status) {
        if (status != SUCCESS) {
            throw new WurstchenException("cuBLASLt refuses " + function + ": " + name(status));
        }
    }

    static String name(int status) {
        return CublasLtFunctions.cublasLtGetStatusName(status) + " (" + status + ")";
    }

    long handle() {
        return handle;
    }

    long workspace() {
        return workspace;
    }

    @Override
    public ProductPlan plan(ProductKey key, long bias) {
        CublasLtDescription description = CublasLtDescription.of(key.shape(), bias);
        try {
            return new CublasLtPlan(this, description, algorithms(key, description));
        } catch (RuntimeException e) {
            description.close();
            throw e;
        }
    }

    private CublasLtAlgorithms algorithms(ProductKey key, CublasLtDescription description) {
        long preference = preference(key);
        try {
            Memory results = CublasLtAlgorithms.memory(ALGORITHMS);
            int[] returned = new int[1];
            int status = CublasLtFunctions.cublasLtMatmulAlgoGetHeuristic(
                    handle,
                    description.product(),
                    description.weight(),
                    description.x(),
                    description.y(),
                    description.y(),
                    preference,
                    ALGORITHMS,
                    Pointer.nativeValue(results),
                    returned);
            if (status != NOT_SUPPORTED) {
                check("cublasLtMatmulAlgoGetHeuristic for a product of " + key.shape(), status);
            }
            CublasLtAlgorithms found = CublasLtAlgorithms.of(results, returned[0]);
            if (found.addresses().isEmpty()) {
                throw new WurstchenException(description() + " has no algorithm for a product of " + key.shape()
                        + "; -Dwurstchen.operators=off does without it");
            }
            return found;
        } finally {
            CublasLtFunctions.cublasLtMatmulPreferenceDestroy(preference);
        }
    }

    private static long preference(ProductKey key) {
        long[] preference = new long[1];
        check("cublasLtMatmulPreferenceCreate", CublasLtFunctions.cublasLtMatmulPreferenceCreate(preference));
        check(
                "the size of the workspace",
                CublasLtFunctions.cublasLtMatmulPreferenceSetAttribute(
                        preference[0], MAX_WORKSPACE_BYTES, new long[] {WORKSPACE_BYTES}, Long.BYTES));
        setAlignment(preference[0], MIN_ALIGNMENT_A_BYTES, key.weight());
        setAlignment(preference[0], MIN_ALIGNMENT_B_BYTES, key.x());
        setAlignment(preference[0], MIN_ALIGNMENT_C_BYTES, key.residual());
        setAlignment(preference[0], MIN_ALIGNMENT_D_BYTES, key.y());
        return preference[0];
    }

    private static void setAlignment(long preference, int attribute, int bytes) {
        check(
                "an alignment of " + bytes + " bytes",
                CublasLtFunctions.cublasLtMatmulPreferenceSetAttribute(preference, attribute, new int[] {bytes}, Integer.BYTES));
    }

    /** CUBLAS_VERSION of cublas_api.h is 10000 times the major version, 100 times the minor one, and the patch. */
    @Override
    public String description() {
        long version = CublasLtFunctions.cublasLtGetVersion();
        return "cuBLASLt " + version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    }

    @Override
    public void close() {
        CublasLtFunctions.cublasLtDestroy(handle);
    }
}
