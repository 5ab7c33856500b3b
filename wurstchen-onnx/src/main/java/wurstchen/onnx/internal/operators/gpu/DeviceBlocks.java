package wurstchen.onnx.internal.operators.gpu;

import java.util.ArrayList;
import java.util.List;
import wurstchen.WurstchenException;

/**
 * One block of a GPU's memory that grows when more is asked for. A block that was in use while the stream was recorded stays, because the
 * recording has its address; any other is freed when a larger one takes its place. For one thread at a time.
 */
final class DeviceBlocks implements AutoCloseable {
    /** So that a sequence of slightly larger requests does not make a block each. */
    private static final long STEP = 1L << 20;

    private final GpuDriver driver;
    private final long stream;
    private final boolean zeroed;
    private final List<Long> recorded = new ArrayList<>();
    private long block;
    private long size;
    private boolean inRecording;

    /**
     * Makes no block yet.
     *
     * @param zeroed whether a new block is filled with zeros
     */
    DeviceBlocks(GpuDriver driver, long stream, boolean zeroed) {
        this.driver = driver;
        this.stream = stream;
        this.zeroed = zeroed;
    }

    /**
     * Returns the address of a block of at least so many bytes.
     *
     * @throws WurstchenException if it would have to grow while the stream is recorded, or there is no memory
     */
    long atLeast(long bytes) {
        boolean recording = driver.recording(stream);
        if (bytes > size) {
            if (recording) {
                throw new WurstchenException("an operator needs " + bytes + " bytes of scratch memory while it is recorded, and only " + size
                        + " were made by the runs before");
            }
            grow(bytes);
        }
        inRecording |= recording;
        return block;
    }

    private void grow(long bytes) {
        long rounded = Math.multiplyExact(Math.floorDiv(Math.addExact(bytes, STEP - 1), STEP), STEP);
        release();
        block = driver.allocate(rounded);
        size = rounded;
        if (zeroed) {
            driver.zero(block, rounded, stream);
        }
    }

    /** Leaves the block to the recordings that use it, or else frees it. */
    private void release() {
        if (block != 0 && inRecording) {
            recorded.add(block);
        } else if (block != 0) {
            driver.free(block);
        }
        block = 0;
        size = 0;
        inRecording = false;
    }

    /** Frees every block. No recording may be replayed any more. */
    @Override
    public void close() {
        inRecording = false;
        release();
        recorded.forEach(driver::free);
        recorded.clear();
    }
}
