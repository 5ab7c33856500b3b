package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.Jna;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Checks whether this JVM can bind inputs and outputs through ONNX Runtime's C API. Checked once, by trying everything that could differ in
 * an untested version.
 */
public final class NativeApi {
    /** Versions of ONNX Runtime with which bound graphs gave the golden pictures. Other versions are used if they pass the checks. */
    public static final String TESTED_VERSIONS = "1.24.1, 1.26.0, 1.28.0, 1.29.0";

    private static final String MESSAGE = "Würstchen → ✓";

    /** The problem; empty if binding works; null before the first check. */
    private static @Nullable Optional<String> problem;

    private NativeApi() {}

    /**
     * Returns why binding does not work.
     *
     * @return the problem and its remedy, such as {@code JNA cannot be loaded: ...}; empty if binding works
     */
    public static synchronized Optional<String> problem() {
        if (problem == null) {
            problem = tryIt().map(NativeApi::keepEnvironmentAnyway);
        }
        return problem;
    }

    /** Keeps the environment alive without the C API, because runs of the Java API need it at JVM exit as well. */
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

    /** Runs a graph that copies, and compares the values. */
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
     * Adds a permanent reference to ONNX Runtime's environment. The Java API releases its own when the JVM exits, and a run in flight on
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
