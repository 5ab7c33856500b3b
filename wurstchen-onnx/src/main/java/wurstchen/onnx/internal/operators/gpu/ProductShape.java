package wurstchen.onnx.internal.operators.gpu;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What a product of row-major float16 matrices computes: {@code y[rows, columns] = epilogue(x[rows, inner] weight[inner, columns] + residual)}.
 *
 * @param rows at least 1
 * @param inner at least 1
 * @param columns at least 1
 * @param epilogue what is done to the result
 * @param residual whether a matrix of the result's shape is added
 * @param batch how many such products there are; x, weight, residual and y then have this many matrices, one right after the other
 */
public record ProductShape(long rows, long inner, long columns, Epilogue epilogue, boolean residual, int batch) {
    public ProductShape {
        checkArgument(
                rows >= 1 && inner >= 1 && columns >= 1 && batch >= 1,
                "a product needs sides of at least 1, got %s x %s x %s, %s times",
                rows,
                inner,
                columns,
                batch);
    }

    @Override
    public String toString() {
        return (batch == 1 ? "" : batch + " times ") + "[" + rows + "," + inner + "] x [" + inner + "," + columns + "]"
                + (epilogue == Epilogue.NONE ? "" : ", epilogue " + epilogue) + (residual ? ", with residual" : "");
    }
}
