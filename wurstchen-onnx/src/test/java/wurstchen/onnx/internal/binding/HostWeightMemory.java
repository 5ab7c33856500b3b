package wurstchen.onnx.internal.binding;

import static com.google.common.base.Preconditions.checkState;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import wurstchen.onnx.internal.common.FilePart;

/** The CPU's memory for weights, in the place of a GPU's. */
final class HostWeightMemory implements WeightMemory {
    private static final long ALIGNMENT = 256;

    /** From the aligned address to what malloc returned. */
    private final Map<Long, Long> blocks = new ConcurrentHashMap<>();

    @Override
    public OptionalLong allocate(long bytes) {
        long block = Native.malloc(bytes + ALIGNMENT);
        long address = (block + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        blocks.put(address, block);
        return OptionalLong.of(address);
    }

    @Override
    public void free(long address) {
        Long block = blocks.remove(address);
        checkState(block != null, "freed twice, or never allocated: %s", address);
        Native.free(block);
    }

    @Override
    public void read(List<FilePart> parts) throws IOException {
        for (FilePart part : parts) {
            ByteBuffer bytes = new Pointer(part.address()).getByteBuffer(0, part.bytes());
            while (bytes.hasRemaining()) {
                if (part.file().read(bytes, part.position() + bytes.position()) < 0) {
                    throw new EOFException("the file ends after " + (part.position() + bytes.position()) + " bytes");
                }
            }
        }
    }

    int open() {
        return blocks.size();
    }
}
