package wurstchen.onnx.internal.binding;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import wurstchen.onnx.internal.common.FilePart;

/** Device memory for weights, outside ONNX Runtime's arenas. Thread-safe. */
interface WeightMemory {
    /** Allocates memory and returns its address, a multiple of 256; empty if there is too little. */
    OptionalLong allocate(long bytes);

    /** Frees memory returned by {@link #allocate}. No graph may use it any more. */
    void free(long address);

    /**
     * Reads parts of files into memory; the data is there when this returns.
     *
     * @throws IOException if a file cannot be read or is too short
     */
    void read(List<FilePart> parts) throws IOException;
}
