package wurstchen.onnx.internal.operators;

import wurstchen.WurstchenException;

/**
 * The sides of a product x[...,K] weight[K,N].
 *
 * @param rows the values of all axes of x but the last
 * @param inner K
 * @param columns N
 * @param result the shape of y[...,N]
 */
record DenseShape(long rows, long inner, long columns, long[] result) {
    static DenseShape of(long[] x, long[] weight) {
        if (x.length == 0) {
            throw new WurstchenException("x must have one axis or more, got none; export the bundle again");
        }
        int last = x.length - 1;
        Shapes.check("weight", weight, x[last], Shapes.ANY);
        long[] result = x.clone();
        result[last] = weight[1];
        return new DenseShape(Shapes.product(x, 0, last), x[last], weight[1], result);
    }
}
