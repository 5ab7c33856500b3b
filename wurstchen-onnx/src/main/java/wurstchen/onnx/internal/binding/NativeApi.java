package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.Jna;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Whether this JVM can bind inputs and outputs through ONNX Runtime's C API. Found out once, by trying everything that could be otherwise in
 * a version that this library was not tested with.
 */
public final class NativeApi {
    /** The versions of ONNX Runtime with which bound graphs gave the golden pictures. Others pass if they pass what follows. */
    public static final String TESTED_VERSIONS = "1.24.1, 1.26.0, 1.28.0, 1.29.0";

    private static final String MESSAGE = "Würstchen → ✓";

    /** What is wrong; empty if binding works; null until it was tried. */
    private static Optional<String> problem;

    private NativeApi() {}

    /**
     * Returns why binding does not work.
     *
     * @return what is wrong and what may be done about it, such as {@code JNA cannot be loaded: ...}; empty if binding works
     */
    public static synchronized Optional<String> problem() {
        if (problem == null) {
            problem = tryIt().map(NativeApi::keepEnvironmentAnyway);
        }
        return problem;
    }

    /** The Java API's runs, too, must not lose their environment when the JVM exits. */
    private static String keepEnvironmentAnyway(String problem) {
        try {
            OrtHandles.keepEnvironment();
            return problem;
        } catch (ReflectiveOperationException | RuntimeException e) {
            return problem + "; and the JVM may crash if it exits during a run, because the environment cannot be kept ("
                    + OneLine.of(e.toString()) + "), so close every model first";
        }
    }

    private static Optional<String> tryIt() {
        long table;
        try {
            table = OrtHandles.table();
            OrtHandles.checkSessions();
        } catch (ReflectiveOperationException | RuntimeException e) {
            return Optional.of("ONNX Runtime " + version() + " keeps its handles elsewhere (" + OneLine.of(e.toString()) + "; tested with "
                    + TESTED_VERSIONS + ")");
        }
        if (table == 0) {
            return Optional.of("ONNX Runtime " + version() + " has no C API of the expected version (tested with " + TESTED_VERSIONS + ")");
        }
        if (Jna.problem().isPresent()) {
            return Jna.problem();
        }
        try {
            OrtTable.link(table);
            checkMessages();
            checkMemoryInfos();
            checkBinding();
            keepEnvironment();
            return Optional.empty();
        } catch (OrtException | RuntimeException | LinkageError e) {
            return Optional.of("the C API of ONNX Runtime " + version() + " is not understood: " + OneLine.of(e.getMessage())
                    + " (tested with " + TESTED_VERSIONS + ")");
        }
    }

    private static String version() {
        return OrtEnvironment.getEnvironment().getVersion();
    }

    private static void checkMessages() throws OrtException {
        long status = OrtTable.CreateStatus(OrtException.OrtErrorCode.ORT_NOT_IMPLEMENTED.ordinal(), MESSAGE);
        String answer = OrtTable.GetErrorMessage(status);
        OrtTable.ReleaseStatus(status);
        check(MESSAGE.equals(answer), "a message comes back as " + answer);
    }

    private static void checkMemoryInfos() throws OrtException {
        HostPlace one = new HostPlace();
        HostPlace other = new HostPlace();
        try {
            int[] different = {-1};
            OrtStatus.check(OrtTable.CompareMemoryInfo(one.memoryInfo(), other.memoryInfo(), different));
            check(different[0] == 0, "equal memories compare as " + different[0]);
        } finally {
            other.close();
            one.close();
        }
    }

    /** Runs a graph that copies, and compares. */
    private static void checkBinding() throws OrtException {
        float[] sent = {-1, Float.MIN_VALUE, 42};
        NativeMemory memory = new NativeMemory(new HostPlace());
        try (IdentityCopies copies = IdentityCopies.open(new CpuProvider(1), OptionalLong.empty());
                NativeTensor from = (NativeTensor) memory.allocate(ElementType.FLOAT32, sent.length);
                NativeTensor to = (NativeTensor) memory.allocate(ElementType.FLOAT32, sent.length)) {
            memory.write(from, 0, sent, 0, sent.length);
            copies.copy(from, to);
            check(Arrays.equals(sent, memory.readFloats(to)), "a bound graph gives other numbers");
        } finally {
            memory.release();
        }
    }

    /**
     * Adds one user of ONNX Runtime's environment that never goes. The Java API frees its own when the JVM exits, and a run in flight on
     * another thread would then crash the process.
     */
    private static void keepEnvironment() throws OrtException {
        OrtStatus.check(OrtTable.CreateEnv(OrtTable.LOG_LEVEL_FATAL, "wurstchen", new long[1]));
    }

    private static void check(boolean condition, String problem) throws OrtException {
        if (!condition) {
            throw new OrtException(problem);
        }
    }
}
