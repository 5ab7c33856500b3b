package wurstchen.onnx.internal.capi;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.SymbolProvider;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The functions of ONNX Runtime's C API that binding and operators need, under the names of onnxruntime_c_api.h. Handles are addresses; an
 * array of one element is an out parameter. Functions that return a long return the address of a status, 0 for success ({@link OrtStatus}
 * converts it to an exception); void functions cannot fail.
 *
 * <p>The functions are in a table, whose address {@link OrtHandles} finds. New versions only append to the table, so an index stays valid.
 */
public final class OrtTable {
    /** ORT_LOGGING_LEVEL_FATAL of onnxruntime_c_api.h. */
    public static final int LOG_LEVEL_FATAL = 4;

    /** Source: the order of the fields of struct OrtApi in onnxruntime_c_api.h, versions 1.23 to 1.29. */
    private static final ImmutableMap<String, Integer> INDEXES = ImmutableMap.<String, Integer>builder()
            .put("CreateStatus", 0)
            .put("GetErrorCode", 1)
            .put("GetErrorMessage", 2)
            .put("CreateEnv", 3)
            .put("CreateCustomOpDomain", 26)
            .put("CustomOpDomain_Add", 27)
            .put("AddCustomOpDomain", 28)
            .put("CreateRunOptions", 39)
            .put("RunOptionsSetTerminate", 46)
            .put("RunOptionsUnsetTerminate", 47)
            .put("CreateTensorAsOrtValue", 48)
            .put("CreateTensorWithDataAsOrtValue", 49)
            .put("GetTensorMutableData", 51)
            .put("GetDimensionsCount", 61)
            .put("GetDimensions", 62)
            .put("GetTensorTypeAndShape", 65)
            .put("CreateMemoryInfo", 68)
            .put("CreateCpuMemoryInfo", 69)
            .put("CompareMemoryInfo", 70)
            .put("AllocatorFree", 76)
            .put("GetAllocatorWithDefaultOptions", 78)
            .put("KernelInfoGetAttribute_float", 85)
            .put("KernelInfoGetAttribute_int64", 86)
            .put("KernelContext_GetInput", 90)
            .put("KernelContext_GetOutput", 91)
            .put("ReleaseStatus", 93)
            .put("ReleaseMemoryInfo", 94)
            .put("ReleaseValue", 96)
            .put("ReleaseRunOptions", 97)
            .put("ReleaseTensorTypeAndShapeInfo", 99)
            .put("CreateAllocator", 131)
            .put("ReleaseAllocator", 132)
            .put("RunWithBinding", 133)
            .put("CreateIoBinding", 134)
            .put("ReleaseIoBinding", 135)
            .put("BindInput", 136)
            .put("BindOutput", 137)
            .put("BindOutputToDevice", 138)
            .put("GetBoundOutputValues", 140)
            .put("KernelInfoGetAttributeArray_int64", 163)
            .put("AddInitializer", 150)
            .put("AddRunConfigEntry", 165)
            .put("KernelContext_GetGPUComputeStream", 193)
            .put("MemoryInfoGetDeviceType", 225)
            .put("GetBuildInfoString", 254)
            .put("SessionGetMemoryInfoForInputs", 380)
            .buildOrThrow();

    private OrtTable() {}

    /**
     * Links the native methods of this class to a function table. Must be called once only.
     *
     * @param table the address of a struct OrtApi
     * @throws LinkageError if JNA cannot be used
     */
    public static void link(long table) {
        Pointer functions = new Pointer(table);
        SymbolProvider symbols = (library, name, parent) ->
                Pointer.nativeValue(functions.getPointer((long) Native.POINTER_SIZE * requireNonNull(INDEXES.get(name))));
        Map<String, Object> options =
                Map.of(Library.OPTION_SYMBOL_PROVIDER, symbols, Library.OPTION_STRING_ENCODING, "UTF-8");
        Native.register(OrtTable.class, NativeLibrary.getProcess(options));
    }

    public static native long CreateStatus(int code, String message);

    static native int GetErrorCode(long status);

    public static native String GetErrorMessage(long status);

    public static native void ReleaseStatus(long status);

    public static native long CreateEnv(int logLevel, String logId, long[] environment);

    public static native long CreateRunOptions(long[] options);

    public static native long AddRunConfigEntry(long options, String key, String value);

    public static native long RunOptionsSetTerminate(long options);

    public static native long RunOptionsUnsetTerminate(long options);

    public static native void ReleaseRunOptions(long options);

    static native long CreateMemoryInfo(String name, int allocatorType, int deviceId, int memoryType, long[] info);

    public static native long CreateCpuMemoryInfo(int allocatorType, int memoryType, long[] info);

    public static native long CompareMemoryInfo(long first, long second, int[] different);

    public static native void ReleaseMemoryInfo(long info);

    public static native void MemoryInfoGetDeviceType(long info, int[] type);

    public static native long SessionGetMemoryInfoForInputs(long session, long[] infos, long inputs);

    public static native String GetBuildInfoString();

    public static native long GetAllocatorWithDefaultOptions(long[] allocator);

    static native long CreateAllocator(long session, long memoryInfo, long[] allocator);

    public static native long AllocatorFree(long allocator, long memory);

    static native void ReleaseAllocator(long allocator);

    public static native long CreateTensorAsOrtValue(long allocator, long[] shape, long axes, int elementType, long[] value);

    public static native long CreateTensorWithDataAsOrtValue(
            long memoryInfo, long data, long bytes, long[] shape, long axes, int elementType, long[] value);

    public static native long GetTensorMutableData(long value, long[] data);

    public static native long GetTensorTypeAndShape(long value, long[] info);

    public static native long GetDimensionsCount(long info, long[] axes);

    public static native long GetDimensions(long info, long[] shape, long axes);

    public static native void ReleaseTensorTypeAndShapeInfo(long info);

    public static native void ReleaseValue(long value);

    public static native long CreateIoBinding(long session, long[] binding);

    public static native long BindInput(long binding, String name, long value);

    public static native long BindOutput(long binding, String name, long value);

    public static native long BindOutputToDevice(long binding, String name, long memoryInfo);

    public static native long GetBoundOutputValues(long binding, long allocator, long[] values, long[] count);

    public static native long RunWithBinding(long session, long options, long binding);

    public static native void ReleaseIoBinding(long binding);

    public static native long CreateCustomOpDomain(String name, long[] domain);

    public static native long CustomOpDomain_Add(long domain, long operator);

    public static native long AddInitializer(long options, String name, long value);

    public static native long AddCustomOpDomain(long sessionOptions, long domain);

    public static native long KernelInfoGetAttribute_float(long info, String name, float[] value);

    public static native long KernelInfoGetAttribute_int64(long info, String name, long[] value);

    public static native long KernelInfoGetAttributeArray_int64(long info, String name, long @Nullable [] values, long[] count);

    public static native long KernelContext_GetInput(long context, long index, long[] value);

    public static native long KernelContext_GetOutput(long context, long index, long[] shape, long axes, long[] value);

    public static native long KernelContext_GetGPUComputeStream(long context, long[] stream);
}
