package wurstchen.onnx.internal.operators.callback;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableMap;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.OneLine;

/**
 * The functions by which ONNX Runtime uses operators written in Java, and the struct OrtCustomOp of each of these. All operators share the
 * functions, which tell them apart by the address of the struct.
 *
 * <p>Nothing made here is ever freed: a function that the garbage collector took would count as one that succeeded. Only the second versions
 * of the functions that create and compute are offered, because those of the first version cannot report a failure. Thread-safe.
 *
 * <p>Source: struct OrtCustomOp of onnxruntime_c_api.h, versions 1.23 to 1.29; what is left out (shape inference, versions, aliases) may be
 * a null pointer.
 */
final class OperatorSlots {
    /** The version of the struct: that of the table which Java's own classes ask for. Its first field, an unsigned 32-bit number. */
    private static final int API_VERSION = 23;

    /** The fields of the struct, which all have the size of a pointer. */
    private static final int SLOTS = 26;

    /** OrtMemTypeDefault: the memory of the operator's execution provider. */
    private static final int DEFAULT_MEMORY = 0;

    /** INPUT_OUTPUT_REQUIRED of enum OrtCustomOpInputOutputCharacteristic. */
    private static final int REQUIRED = 0;

    /** ORT_RUNTIME_EXCEPTION of enum OrtErrorCode. */
    private static final int RUNTIME_EXCEPTION = 6;

    private static final long SUCCESS = 0;

    private static final Class<?>[] OPERATOR = {long.class};
    private static final Class<?>[] OPERATOR_AND_INDEX = {long.class, long.class};

    private static final Map<Long, Operator> OPERATORS = new ConcurrentHashMap<>();
    private static final Map<Long, OperatorKernel> KERNELS = new ConcurrentHashMap<>();
    private static final AtomicLong LAST_KERNEL = new AtomicLong();

    /** By the index of the field. */
    private static final ImmutableMap<Integer, NativeFunction> FUNCTIONS = ImmutableMap.<Integer, NativeFunction>builder()
            // const char* GetName(op), const char* GetExecutionProviderType(op)
            .put(2, address(operator -> operator.name))
            .put(3, address(operator -> operator.provider))
            // ONNXTensorElementDataType GetInputType(op, index), size_t GetInputTypeCount(op), and the same of the outputs
            .put(4, type(signature -> signature.inputs()))
            .put(5, count(signature -> signature.inputs().size()))
            .put(6, type(signature -> signature.outputs()))
            .put(7, count(signature -> signature.outputs().size()))
            // void KernelDestroy(kernel)
            .put(9, new NativeFunction(void.class, list(OPERATOR), OperatorSlots::destroy))
            // OrtCustomOpInputOutputCharacteristic Get{Input,Output}Characteristic(op, index), OrtMemType GetInputMemoryType(op, index)
            .put(10, constant(REQUIRED, OPERATOR_AND_INDEX))
            .put(11, constant(REQUIRED, OPERATOR_AND_INDEX))
            .put(12, constant(DEFAULT_MEMORY, OPERATOR_AND_INDEX))
            // int GetVariadic{Input,Output}{MinArity,Homogeneity}(op): not asked of operators without variadic inputs or outputs
            .put(13, constant(1, OPERATOR))
            .put(14, constant(1, OPERATOR))
            .put(15, constant(1, OPERATOR))
            .put(16, constant(1, OPERATOR))
            // OrtStatus* CreateKernelV2(op, api, info, void** kernel)
            .put(17, new NativeFunction(
                    long.class, list(long.class, long.class, long.class, long.class), OperatorSlots::create))
            // OrtStatus* KernelComputeV2(kernel, context)
            .put(18, new NativeFunction(long.class, list(long.class, long.class), OperatorSlots::compute))
            .buildOrThrow();

    private OperatorSlots() {}

    /** An operator with its struct and its strings. */
    private static final class Operator {
        private final CustomOperator custom;
        private final Memory name;
        private final Memory provider;
        private final Memory struct;

        Operator(CustomOperator custom, String provider) {
            this.custom = custom;
            this.name = text(custom.signature().name());
            this.provider = text(provider);
            this.struct = new Memory((long) SLOTS * Native.POINTER_SIZE);
            // JNA does not zero memory.
            struct.clear();
            struct.setInt(0, API_VERSION);
            FUNCTIONS.forEach((slot, function) -> struct.setPointer((long) slot * Native.POINTER_SIZE, function.address()));
        }
    }

    private static Memory text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        Memory text = new Memory(bytes.length + 1L);
        text.clear();
        text.write(0, bytes, 0, bytes.length);
        return text;
    }

    /**
     * Makes the struct of an operator, valid for as long as the process.
     *
     * @param provider the name of the execution provider, such as CUDAExecutionProvider
     * @return its address
     */
    static long register(CustomOperator operator, String provider) {
        Operator registered = new Operator(operator, provider);
        long address = Pointer.nativeValue(registered.struct);
        OPERATORS.put(address, registered);
        return address;
    }

    /** Returns how many kernels of open sessions there are. */
    static int kernels() {
        return KERNELS.size();
    }

    private static Object create(Object[] arguments) {
        return guarded(() -> {
            OperatorKernel kernel = operator(arguments).custom.create(new OrtAttributes((Long) arguments[2]));
            long id = LAST_KERNEL.incrementAndGet();
            KERNELS.put(id, kernel);
            new Pointer((Long) arguments[3]).setLong(0, id);
        });
    }

    private static Object compute(Object[] arguments) {
        return guarded(() -> requireNonNull(KERNELS.get((Long) arguments[0])).compute(new OrtCall((Long) arguments[1])));
    }

    private static @Nullable Object destroy(Object[] arguments) {
        KERNELS.remove((Long) arguments[0]);
        return null;
    }

    /** Work of a function that can report a failure. */
    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    private static Object guarded(Work work) {
        try {
            work.run();
            return SUCCESS;
        } catch (Throwable e) {
            return OrtTable.CreateStatus(RUNTIME_EXCEPTION, OneLine.of(words(e)));
        }
    }

    private static String words(Throwable failure) {
        boolean saysEnough = failure instanceof WurstchenException || failure instanceof OrtException;
        return saysEnough ? String.valueOf(failure.getMessage()) : failure.toString();
    }

    private static Operator operator(Object[] arguments) {
        return requireNonNull(OPERATORS.get((Long) arguments[0]));
    }

    private static List<Class<?>> list(Class<?>... types) {
        return List.of(types);
    }

    private static NativeFunction address(Function<Operator, Memory> text) {
        return new NativeFunction(
                long.class, list(OPERATOR), arguments -> Pointer.nativeValue(text.apply(operator(arguments))));
    }

    private static NativeFunction type(Function<OperatorSignature, List<ValueType>> types) {
        return new NativeFunction(int.class, list(OPERATOR_AND_INDEX), arguments -> types.apply(
                        operator(arguments).custom.signature())
                .get(Math.toIntExact((Long) arguments[1]))
                .code());
    }

    private static NativeFunction count(ToLongFunction<OperatorSignature> count) {
        return new NativeFunction(
                long.class, list(OPERATOR), arguments -> count.applyAsLong(operator(arguments).custom.signature()));
    }

    private static NativeFunction constant(int value, Class<?>... parameters) {
        return new NativeFunction(int.class, list(parameters), arguments -> value);
    }
}
