package wurstchen.onnx.internal.operators.callback;

/** The attributes of a node. One that is missing or of another type is a {@link wurstchen.WurstchenException}. */
public interface NodeAttributes {
    /** Returns an attribute of type INT. */
    long integer(String name);

    /** Returns an attribute of type INTS. */
    long[] integers(String name);

    /** Returns an attribute of type FLOAT. */
    float number(String name);
}
