package wurstchen.onnx.internal.cuda;

import com.google.common.util.concurrent.Uninterruptibles;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import wurstchen.onnx.internal.common.FilePart;

/**
 * Reads files into GPU memory with several threads, each through a buffer of pinned memory, or of pageable memory if none can be pinned.
 * Thread-safe.
 */
final class PinnedReader implements AutoCloseable {
    /** One thread copies a few GB per second from the page cache; this many saturate the bus. */
    private static final int THREADS = Math.max(1, Math.min(8, Runtime.getRuntime().availableProcessors()));

    private static final int PIECE_BYTES = 8 << 20;

    private final CudaMemory gpu;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, PinnedReader::daemon);
    private final BlockingQueue<Buffer> buffers = new ArrayBlockingQueue<>(THREADS);
    private final List<Buffer> all = new ArrayList<>();

    PinnedReader(CudaMemory gpu) {
        this.gpu = gpu;
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "wurstchen weights");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * The buffer of one piece.
     *
     * @param pageable owner of pageable memory; empty if the memory is pinned
     */
    private record Buffer(Pointer memory, Optional<Memory> pageable) {}

    void read(List<FilePart> parts) throws IOException {
        List<Future<?>> pieces = new ArrayList<>();
        for (FilePart part : parts) {
            for (long from = 0; from < part.bytes(); from += PIECE_BYTES) {
                long bytes = Math.min(PIECE_BYTES, part.bytes() - from);
                FilePart piece = new FilePart(part.file(), part.position() + from, bytes, part.address() + from);
                pieces.add(threads.submit(() -> {
                    copy(piece);
                    return null;
                }));
            }
        }
        waitFor(pieces);
    }

    /** Waits for all pieces, also after a failure or an interrupt, because none may write to memory that the caller frees. */
    private static void waitFor(List<Future<?>> pieces) throws IOException {
        IOException failure = null;
        for (Future<?> piece : pieces) {
            try {
                Uninterruptibles.getUninterruptibly(piece);
            } catch (ExecutionException e) {
                failure = e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void copy(FilePart piece) throws IOException {
        gpu.enter();
        Buffer buffer = take();
        try {
            ByteBuffer bytes = buffer.memory().getByteBuffer(0, piece.bytes());
            while (bytes.hasRemaining()) {
                if (piece.file().read(bytes, piece.position() + bytes.position()) < 0) {
                    throw new EOFException("the file ends after " + (piece.position() + bytes.position()) + " bytes");
                }
            }
            if (!gpu.copy(piece.address(), buffer.memory(), piece.bytes())) {
                throw new IOException("NVIDIA's driver refuses to copy " + piece.bytes() + " bytes to the GPU");
            }
        } finally {
            buffers.add(buffer);
        }
    }

    private Buffer take() {
        Buffer free = buffers.poll();
        return free != null ? free : make();
    }

    private synchronized Buffer make() {
        Optional<Pointer> pinned = gpu.pin(PIECE_BYTES);
        Buffer made;
        if (pinned.isPresent()) {
            made = new Buffer(pinned.get(), Optional.empty());
        } else {
            Memory pageable = new Memory(PIECE_BYTES);
            made = new Buffer(pageable, Optional.of(pageable));
        }
        all.add(made);
        return made;
    }

    /** Ends the threads and frees their buffers. Nothing may be read afterwards. */
    @Override
    public synchronized void close() {
        threads.shutdown();
        gpu.enter();
        all.stream().filter(buffer -> buffer.pageable().isEmpty()).forEach(buffer -> gpu.unpin(buffer.memory()));
        all.clear();
        buffers.clear();
    }
}
