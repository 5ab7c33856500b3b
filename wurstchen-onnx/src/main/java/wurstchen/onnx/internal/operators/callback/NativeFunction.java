package wurstchen.onnx.internal.operators.callback;

import com.google.common.collect.ImmutableList;
import com.sun.jna.CallbackProxy;
import com.sun.jna.CallbackReference;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.function.Function;

/**
 * A function of Java that C code can call. Pointers and sizes are longs, enums and ints are ints.
 *
 * <p>Must be reachable for as long as C code may call it: JNA frees what it made when the object is collected. It implements JNA's own
 * interface, so that JNA needs no reflective access to this package.
 */
final class NativeFunction implements CallbackProxy {
    private final Class<?> result;
    private final ImmutableList<Class<?>> parameters;
    private final Function<Object[], Object> body;

    /**
     * Makes a function.
     *
     * @param result {@code void.class}, {@code int.class} or {@code long.class}
     * @param parameters each {@code int.class} or {@code long.class}
     * @param body returns an Integer, a Long or null, as {@code result} says, and must not throw: C code would go on with an undefined result
     */
    NativeFunction(Class<?> result, List<Class<?>> parameters, Function<Object[], Object> body) {
        this.result = result;
        this.parameters = ImmutableList.copyOf(parameters);
        this.body = body;
    }

    /** Returns the address that C code calls. */
    Pointer address() {
        return CallbackReference.getFunctionPointer(this);
    }

    @Override
    public Object callback(Object[] arguments) {
        return body.apply(arguments);
    }

    @Override
    public Class<?>[] getParameterTypes() {
        return parameters.toArray(new Class<?>[0]);
    }

    @Override
    public Class<?> getReturnType() {
        return result;
    }
}
