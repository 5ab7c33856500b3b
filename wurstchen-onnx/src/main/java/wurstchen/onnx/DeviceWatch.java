package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkNotNull;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import wurstchen.onnx.internal.cuda.CudaMemoryMeter;
import wurstchen.onnx.internal.cuda.MemoryMeter;

/**
 * Watches the memory usage of a GPU, for measurements: a thread asks the driver every 5 ms how much memory all programs together use.
 * Changes between two queries are not seen, and other programs are included.
 *
 * <p>Thread-safe. Close it to end the thread.
 */
public final class DeviceWatch implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(5);

    private final MemoryMeter meter;
    private final long before;
    private final Thread thread;
    private volatile long peak;
    private volatile boolean closed;

    DeviceWatch(MemoryMeter meter) {
        this.meter = meter;
        before = meter.usedBytes();
        peak = before;
        thread = new Thread(this::watch, "wurstchen device watch");
        thread.setDaemon(true);
        if (before >= 0) {
            thread.start();
        }
    }

    /**
     * Starts to watch a device.
     *
     * @param device a GPU; memory of the CPU is not watched
     * @return a watch that runs until it is closed
     */
    public static DeviceWatch start(Device device) {
        checkNotNull(device, "device");
        return new DeviceWatch(device instanceof CudaDevice cuda ? CudaMemoryMeter.open(cuda.index()) : () -> -1);
    }

    /**
     * Returns the peak usage since the start, minus the usage at the start.
     *
     * @return bytes; empty if the device has no memory of its own, or the driver does not report it
     */
    public OptionalLong peakBytes() {
        if (before < 0) {
            return OptionalLong.empty();
        }
        ask();
        return OptionalLong.of(peak - before);
    }

    private void watch() {
        while (!closed) {
            ask();
            LockSupport.parkNanos(INTERVAL.toNanos());
        }
    }

    private synchronized void ask() {
        peak = Math.max(peak, meter.usedBytes());
    }

    /** Ends the watch. A later {@link #peakBytes} queries the driver once more. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
