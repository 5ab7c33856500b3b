package wurstchen.onnx.internal.graph;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableList;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.binding.DeviceMemories;
import wurstchen.onnx.internal.binding.DeviceMemory;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.NativeHeap;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.common.Shared;
import wurstchen.stage.Engine;
import wurstchen.stage.Transfers;

/**
 * ONNX Runtime on a device, for stages that were opened together: allocates their tensors, counts copies between host and device, and
 * terminates their runs. Thread-safe; freed when its sessions and its opener have released it.
 */
public final class OnnxEngine extends Shared implements Engine {
    private static final Logger LOG = System.getLogger("wurstchen");

    private final ExecutionProvider provider;
    private final DeviceMemory memory;
    private final boolean mapsWeights;
    private final LongAdder bytesToDevice = new LongAdder();
    private final LongAdder bytesToHost = new LongAdder();
    private final Set<BoundSession> sessions = ConcurrentHashMap.newKeySet();
    private final Set<String> notes = new LinkedHashSet<>();

    private OnnxEngine(ExecutionProvider provider, DeviceMemory memory, boolean mapsWeights) {
        this.provider = provider;
        this.memory = memory;
        this.mapsWeights = mapsWeights;
    }

    /**
     * Opens a device.
     *
     * @return with one user, the caller
     * @throws WurstchenException if the device cannot be used
     */
    public static OnnxEngine open(ExecutionProvider provider) {
        return open(provider, false);
    }

    /**
     * Opens a device.
     *
     * @param mapsWeights whether ONNX Runtime maps files of weights on the CPU: a file that is truncated later ends the process
     * @return with one user, the caller
     * @throws WurstchenException if the device cannot be used
     */
    public static OnnxEngine open(ExecutionProvider provider, boolean mapsWeights) {
        return new OnnxEngine(provider, DeviceMemories.of(provider), mapsWeights);
    }

    boolean mapsWeights() {
        return mapsWeights;
    }

    ExecutionProvider provider() {
        return provider;
    }

    public DeviceMemory memory() {
        return memory;
    }

    /** Allocates an uninitialized tensor. */
    public Tensor tensor(ElementType type, long... shape) {
        try {
            return memory.allocate(type, shape);
        } catch (OrtException e) {
            throw new WurstchenException("no memory on " + provider + " for a tensor of shape " + Arrays.toString(shape) + ": "
                    + OneLine.of(e.getMessage()) + "; make fewer pictures at a time, or smaller ones", e);
        }
    }

    /** Creates a float32 tensor with values. */
    public Tensor upload(float[] values, long... shape) {
        Tensor tensor = tensor(ElementType.FLOAT32, shape);
        try {
            write(tensor, 0, values, 0, values.length);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** Creates an int64 tensor with values. */
    public Tensor upload(long[] values, long... shape) {
        Tensor tensor = tensor(ElementType.INT64, shape);
        try {
            write(tensor, values);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** Writes {@code count} values of an array, starting at {@code from}, to the tensor, starting at value {@code first}. */
    public void write(Tensor to, long first, float[] values, int from, int count) {
        try {
            memory.write(to, first, values, from, count);
            bytesToDevice.add((long) Float.BYTES * count);
        } catch (OrtException e) {
            throw copyFailure(e);
        }
    }

    /** Writes an array to the beginning of a tensor. */
    public void write(Tensor to, long... values) {
        try {
            memory.write(to, values);
            bytesToDevice.add((long) Long.BYTES * values.length);
        } catch (OrtException e) {
            throw copyFailure(e);
        }
    }

    /** Copies all values of a float32 tensor to Java. */
    public float[] readFloats(Tensor from) {
        try {
            float[] values = memory.readFloats(from);
            bytesToHost.add(from.bytes());
            return values;
        } catch (OrtException e) {
            throw copyFailure(e);
        }
    }

    /** Copies all values of an int64 tensor to Java. */
    public long[] readLongs(Tensor from) {
        try {
            long[] values = memory.readLongs(from);
            bytesToHost.add(from.bytes());
            return values;
        } catch (OrtException e) {
            throw copyFailure(e);
        }
    }

    /** Copies some values of a uint8 tensor to Java; {@code first} and {@code count} are multiples of 4. */
    public byte[] readBytes(Tensor from, long first, int count) {
        try {
            byte[] values = memory.readBytes(from, first, count);
            bytesToHost.add(count);
            return values;
        } catch (OrtException e) {
            throw copyFailure(e);
        }
    }

    /** Copies values from tensor to tensor on the device. Not counted as a transfer. */
    public void copy(Tensor from, long first, Tensor to, long toFirst, long count) {
        try {
            memory.copy(from, first, to, toFirst, count);
        } catch (OrtException e) {
            throw copyFailure(e);
        }
    }

    /** Creates a copy of a tensor on the device. */
    public Tensor copyOf(Tensor from) {
        Tensor copy = tensor(from.type(), from.shape());
        try {
            copy(from, 0, copy, 0, from.values());
            return copy;
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    private WurstchenException copyFailure(OrtException e) {
        return new WurstchenException(
                provider + ": ONNX Runtime cannot copy a tensor: " + OneLine.of(e.getMessage()), e);
    }

    /** Adds a session as a user. */
    void add(BoundSession session) {
        retain();
        sessions.add(session);
    }

    /** Removes a session as a user. */
    void remove(BoundSession session) {
        if (sessions.remove(session)) {
            release();
        }
    }

    /** Returns the names of the open graphs. */
    public ImmutableList<String> openGraphs() {
        return sessions.stream().map(session -> session.spec().name()).collect(ImmutableList.toImmutableList());
    }

    /** Adds a note about a restriction, once. */
    void note(String note) {
        boolean added;
        synchronized (notes) {
            added = notes.add(note);
        }
        if (added) {
            LOG.log(Level.WARNING, "{0}", note);
        }
    }

    @Override
    public String description() {
        return "ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion() + ", " + provider + ", " + memory.description();
    }

    @Override
    public ImmutableList<String> notes() {
        synchronized (notes) {
            return ImmutableList.copyOf(notes);
        }
    }

    @Override
    public Transfers transfers() {
        return new Transfers(bytesToDevice.sum(), bytesToHost.sum());
    }

    @Override
    public void stop() {
        sessions.forEach(BoundSession::stop);
    }

    @Override
    public void free() {
        memory.release();
        NativeHeap.trim();
    }
}
