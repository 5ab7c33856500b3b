package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkNotNull;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import wurstchen.onnx.internal.cuda.CudaMemoryMeter;
import wurstchen.onnx.internal.cuda.MemoryMeter;

/**
 * Watches how much of a GPU's memory is taken, for measurements: the driver is asked every 5 ms, on a thread of its own, what all programs
 * together use. What is taken and given back between two questions is not seen, and what another program does at the same time is counted.
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
     * Begins to watch a device.
     *
     * @param device a GPU; of the CPU nothing is known
     * @return a watch that runs until it is closed
     */
    public static DeviceWatch start(Device device) {
        checkNotNull(device, "device");
        return new DeviceWatch(device instanceof CudaDevice cuda ? CudaMemoryMeter.open(cuda.index()) : () -> -1);
    }

    /**
     * Returns the most that was taken since the start, above what was taken at the start.
     *
     * @return bytes; empty if the device has no memory of its own, or the driver does not tell
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

    /** Ends the watch; {@link #peakBytes} stays what it was, or grows by what is asked then. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
