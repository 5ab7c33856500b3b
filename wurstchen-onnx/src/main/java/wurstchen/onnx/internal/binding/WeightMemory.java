package wurstchen.onnx.internal.binding;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import wurstchen.onnx.internal.common.FilePart;

/** Memory of a device for weights, outside ONNX Runtime's arenas. Thread-safe. */
interface WeightMemory {
    /** Allocates memory; empty if there is too little. Returns its address, a multiple of 256. */
    OptionalLong allocate(long bytes);

    /** Frees what {@link #allocate} returned; no graph may use it any more. */
    void free(long address);

    /**
     * Reads parts of files into memory, which are there when this returns.
     *
     * @throws IOException if a file cannot be read, or ends before
     */
    void read(List<FilePart> parts) throws IOException;
}
