package wurstchen.onnx.internal.cuda;

/** Measures how much memory of a device is in use. */
@FunctionalInterface
public interface MemoryMeter {
    /** Returns the bytes in use, or a negative number if they are unknown. */
    long usedBytes();
}
