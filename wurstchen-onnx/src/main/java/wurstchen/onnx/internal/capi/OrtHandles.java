package wurstchen.onnx.internal.capi;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Native handles that ONNX Runtime's Java classes keep private. The Java API has no IO binding; with these handles, the C API's binding
 * works on sessions of the Java API.
 */
public final class OrtHandles {
    private OrtHandles() {}

    /**
     * Returns the address of the function table that the Java classes call.
     *
     * @throws ReflectiveOperationException if this version of the Java classes stores it elsewhere
     */
    public static long table() throws ReflectiveOperationException {
        // Initializing the class loads the native library and fetches the table.
        OrtEnvironment.getEnvironment();
        return field(Class.forName("ai.onnxruntime.OnnxRuntime"), "ortApiHandle").getLong(null);
    }

    /**
     * Returns the address of a session.
     *
     * @throws WurstchenException if this version of the Java classes stores it elsewhere
     */
    public static long session(OrtSession session) {
        try {
            return field(OrtSession.class, "nativeHandle").getLong(session);
        } catch (ReflectiveOperationException e) {
            throw new WurstchenException("cannot reach a session of ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion() + ": " + OneLine.of(e.toString()), e);
        }
    }

    /**
     * Returns the address of a session's options.
     *
     * @throws WurstchenException if this version of the Java classes stores it elsewhere
     */
    public static long sessionOptions(SessionOptions options) {
        try {
            return field(SessionOptions.class, "nativeHandle").getLong(options);
        } catch (ReflectiveOperationException e) {
            throw new WurstchenException(
                    "cannot reach session options of ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion() + ": "
                            + OneLine.of(e.toString()),
                    e);
        }
    }

    /** Checks that sessions have the field that holds the address. */
    public static void checkSessions() throws ReflectiveOperationException {
        field(OrtSession.class, "nativeHandle");
    }

    /**
     * Adds a permanent reference to ONNX Runtime's environment with the method by which the Java API adds its own. {@code NativeApi} does
     * the same through the C API where that works.
     *
     * @throws ReflectiveOperationException if this version of the Java classes has no such method
     */
    public static void keepEnvironment() throws ReflectiveOperationException {
        long table = table();
        if (table == 0) {
            throw new NoSuchMethodException("there is no C API");
        }
        Method create = OrtEnvironment.class.getDeclaredMethod("createHandle", long.class, int.class, String.class);
        create.setAccessible(true);
        create.invoke(null, table, OrtTable.LOG_LEVEL_FATAL, "wurstchen");
    }

    private static Field field(Class<?> owner, String name) throws ReflectiveOperationException {
        Field field = owner.getDeclaredField(name);
        if (field.getType() != long.class) {
            throw new NoSuchFieldException(owner.getName() + "." + name + " is a " + field.getType().getName() + ", not a long");
        }
        field.setAccessible(true);
        return field;
    }
}
