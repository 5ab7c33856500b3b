package wurstchen.onnx.internal.operators.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import wurstchen.WurstchenException;

/** A driver without a GPU: hands out addresses, and writes down what it is asked to do. */
final class DriverLog implements GpuDriver {
    final List<String> calls = new ArrayList<>();
    final Map<Long, Long> allocated = new TreeMap<>();
    boolean recording;
    int major = 9;
    int minor;
    boolean overlaps = true;
    String missingKernel = "";
    private long next = 0x10_0000;

    @Override
    public int attribute(int attribute) {
        return switch (attribute) {
            case 16 -> 132;
            case 75 -> major;
            case 76 -> minor;
            case 97 -> 232_448;
            default -> throw new IllegalArgumentException("attribute " + attribute);
        };
    }

    @Override
    public long load(byte[] image) {
        calls.add("load " + image.length + " bytes");
        return 7;
    }

    @Override
    public void unload(long module) {
        calls.add("unload " + module);
    }

    @Override
    public OptionalLong function(long module, String name) {
        return name.equals(missingKernel) ? OptionalLong.empty() : OptionalLong.of(name.hashCode());
    }

    @Override
    public void allowShared(long function, int bytes) {
        calls.add("allow " + function + " " + bytes);
    }

    @Override
    public void preferShared(long function) {
        calls.add("prefer shared memory for " + function);
    }

    @Override
    public boolean overlaps(long trial, long stream) {
        refuseWhileRecording("a trial");
        calls.add("try " + trial + " on " + stream);
        return overlaps;
    }

    @Override
    public void launch(long function, Launch launch, long stream, boolean overlapping) {
        calls.add((overlapping ? "launch overlapping " : "launch ") + function + " on " + stream + ": " + launch);
    }

    @Override
    public long allocate(long bytes) {
        refuseWhileRecording("allocate");
        long address = next;
        next += bytes + 256;
        allocated.put(address, bytes);
        calls.add("allocate " + bytes);
        return address;
    }

    @Override
    public void free(long address) {
        refuseWhileRecording("free");
        if (allocated.remove(address) == null) {
            throw new IllegalStateException(address + " is not allocated");
        }
        calls.add("free");
    }

    @Override
    public void zero(long address, long bytes, long stream) {
        calls.add("zero " + bytes + " on " + stream);
    }

    @Override
    public boolean recording(long stream) {
        return recording;
    }

    @Override
    public double milliseconds(long stream, Runnable work) {
        refuseWhileRecording("measure");
        work.run();
        return 1;
    }

    /** As CUDA does. */
    private void refuseWhileRecording(String call) {
        if (recording) {
            throw new WurstchenException("a recording was broken by: " + call);
        }
    }

    @Override
    public void close() {
        calls.add("close");
    }
}
