package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableSet;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.operators.callback.OperatorDomain;
import wurstchen.onnx.internal.operators.gpu.GpuQueue;
import wurstchen.onnx.internal.operators.gpu.GpuWork;

/**
 * The operators of the domain {@code wurstchen} on one stream of a GPU, or why they are not used. Without them, sessions compute the functions
 * of the same names that the graphs hold. Thread-safe.
 */
public final class DeviceOperators implements AutoCloseable {
    /** The domain in graphs. */
    public static final String DOMAIN = "wurstchen";

    /** The version of the domain that these operators compute. */
    public static final int VERSION = 1;

    /** Set to {@code off} to do without. */
    static final String PROPERTY = "wurstchen.operators";

    private static final String PROVIDER = "CUDAExecutionProvider";

    private static final Map<Long, GpuWork> STREAMS = new ConcurrentHashMap<>();

    /** Created when a GPU first opens; sessions refer to it until the process ends. */
    private static @Nullable OperatorDomain domain;

    private final Optional<String> problem;
    private final Optional<OpenStream> open;

    /** What computes: operators to register, words for reports, and what frees it. */
    private record OpenStream(OperatorDomain domain, String description, Runnable closing) {}

    private DeviceOperators(Optional<String> problem, Optional<OpenStream> open) {
        this.problem = problem;
        this.open = open;
    }

    /** Returns operators that are not used, for a reason. */
    public static DeviceOperators off(String problem) {
        return new DeviceOperators(Optional.of(problem), Optional.empty());
    }

    /**
     * Returns operators that are used.
     *
     * @param description what computes
     * @param closing frees it
     */
    static DeviceOperators computing(OperatorDomain domain, String description, Runnable closing) {
        return new DeviceOperators(Optional.empty(), Optional.of(new OpenStream(domain, description, closing)));
    }

    /**
     * Opens the operators on a GPU where ONNX Runtime has been started, or finds out why they cannot be used. Needs the C API.
     *
     * @param driver NVIDIA's
     * @param gpu in CUDA's order
     * @param stream the address of the stream on which sessions queue their work
     */
    public static DeviceOperators open(NativeLibrary driver, int gpu, long stream, HostSystem host) {
        Optional<String> off = switchedOff(host);
        if (off.isPresent()) {
            return off(off.get());
        }
        try {
            OperatorDomain created = createDomain();
            GpuQueue queue = GpuQueue.open(driver, gpu, stream, Kernels.ALL, host);
            STREAMS.put(stream, queue.work());
            return computing(created, queue.description(), () -> {
                STREAMS.remove(stream);
                queue.close();
            });
        } catch (WurstchenException | OrtException e) {
            return off(OneLine.of(e.getMessage()));
        }
    }

    /** Returns why operators are not wanted here. */
    static Optional<String> switchedOff(HostSystem host) {
        return host.property(PROPERTY).filter("off"::equals).map(value -> "-D" + PROPERTY + "=" + value);
    }

    private static synchronized OperatorDomain createDomain() throws OrtException {
        if (domain == null) {
            domain = OperatorDomain.create(DOMAIN, PROVIDER, WurstchenOperators.all(DeviceOperators::work));
        }
        return domain;
    }

    static GpuWork work(long stream) {
        GpuWork work = STREAMS.get(stream);
        if (work == null) {
            throw new WurstchenException("ONNX Runtime computes on a stream that this library did not give it; -D" + PROPERTY
                    + "=off does without operators of its own");
        }
        return work;
    }

    /** Returns why the operators are not used; empty if they are. */
    public Optional<String> problem() {
        return problem;
    }

    /** Returns the names of all operators. */
    public ImmutableSet<String> names() {
        return WurstchenOperators.NAMES;
    }

    /** Lets a session on this stream use the operators; does nothing if they are not used. */
    public void addTo(SessionOptions options) throws OrtException {
        if (open.isPresent()) {
            open.get().domain().addTo(options);
        }
    }

    /** Returns {@code operators: ...}, with what computes them or why they are off. */
    public String description() {
        return "operators: " + open.map(OpenStream::description).orElseGet(() -> "off (" + problem.orElseThrow() + ")");
    }

    /** Frees what they need; no session may use them any more. */
    @Override
    public void close() {
        open.ifPresent(stream -> stream.closing().run());
    }
}
