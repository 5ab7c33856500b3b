package wurstchen.onnx.internal.operators.gpu;

/**
 * What cuBLASLt is told of a product: the operation, and the layouts of its column-major matrices. Owns what the addresses stand for.
 *
 * @param product address of the cublasLtMatmulDesc_t
 * @param weight address of the cublasLtMatrixLayout_t of matrix A
 * @param x address of that of matrix B
 * @param y address of that of matrix D, and of C, which is the residual
 */
record CublasLtDescription(long product, long weight, long x, long y) implements AutoCloseable {
    /** CUBLAS_COMPUTE_32F: products are added up in float32. */
    private static final int COMPUTE_FLOAT32 = 68;

    /** CUDA_R_32F of enum cudaDataType, here the type of the factors alpha and beta. */
    private static final int FLOAT32 = 0;

    /** CUDA_R_16F. */
    private static final int FLOAT16 = 2;

    /** CUBLASLT_MATMUL_DESC_EPILOGUE, a uint32_t. */
    private static final int EPILOGUE = 7;

    /** CUBLASLT_MATMUL_DESC_BIAS_POINTER. */
    private static final int BIAS_POINTER = 8;

    /** CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, an int32_t. */
    private static final int BIAS_TYPE = 26;

    /** CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, an int32_t. */
    private static final int BATCH_COUNT = 5;

    /** CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, an int64_t in elements. */
    private static final int BATCH_STRIDE = 6;

    /**
     * Describes a product.
     *
     * @param bias the address of its bias, or 0
     */
    static CublasLtDescription of(ProductShape shape, long bias) {
        long[] product = new long[1];
        check("cublasLtMatmulDescCreate", CublasLtFunctions.cublasLtMatmulDescCreate(product, COMPUTE_FLOAT32, FLOAT32));
        int[] epilogue = {shape.epilogue().code()};
        check("the epilogue", CublasLtFunctions.cublasLtMatmulDescSetAttribute(product[0], EPILOGUE, epilogue, Integer.BYTES));
        CublasLtDescription description = new CublasLtDescription(
                product[0],
                layout(shape.columns(), shape.inner(), shape.batch()),
                layout(shape.inner(), shape.rows(), shape.batch()),
                layout(shape.columns(), shape.rows(), shape.batch()));
        if (shape.epilogue() != Epilogue.NONE) {
            int[] type = {FLOAT16};
            check("the bias's type", CublasLtFunctions.cublasLtMatmulDescSetAttribute(product[0], BIAS_TYPE, type, Integer.BYTES));
            description.setBias(bias);
        }
        return description;
    }

    /** A dense column-major matrix, or several one right after the other. */
    private static long layout(long rows, long columns, int batch) {
        long[] layout = new long[1];
        check("cublasLtMatrixLayoutCreate", CublasLtFunctions.cublasLtMatrixLayoutCreate(layout, FLOAT16, rows, columns, rows));
        if (batch > 1) {
            int[] count = {batch};
            long[] stride = {Math.multiplyExact(rows, columns)};
            check("a batch", CublasLtFunctions.cublasLtMatrixLayoutSetAttribute(layout[0], BATCH_COUNT, count, Integer.BYTES));
            check("a stride", CublasLtFunctions.cublasLtMatrixLayoutSetAttribute(layout[0], BATCH_STRIDE, stride, Long.BYTES));
        }
        return layout[0];
    }

    private static void check(String what, int status) {
        CublasLt.check(what, status);
    }

    /** Sets the address of the bias for the products that are queued from now on. */
    void setBias(long bias) {
        long[] address = {bias};
        check("the bias", CublasLtFunctions.cublasLtMatmulDescSetAttribute(product, BIAS_POINTER, address, Long.BYTES));
    }

    @Override
    public void close() {
        CublasLtFunctions.cublasLtMatrixLayoutDestroy(y);
        CublasLtFunctions.cublasLtMatrixLayoutDestroy(x);
        CublasLtFunctions.cublasLtMatrixLayoutDestroy(weight);
        CublasLtFunctions.cublasLtMatmulDescDestroy(product);
    }
}
