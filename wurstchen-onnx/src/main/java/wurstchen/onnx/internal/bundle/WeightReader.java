package wurstchen.onnx.internal.bundle;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Reads a graph's external data into memory, for graphs that are not in a folder. Every byte is checked.
 *
 * @param files of the bundle
 * @param listed in its manifest, by path
 */
record WeightReader(BundleFiles files, Map<String, BundleFile> listed) {
    /**
     * Reads the weights of a graph.
     *
     * @throws ModelBundleException if a file differs from the manifest, or a weight cannot be passed to ONNX Runtime from memory
     */
    ImmutableList<WeightBytes> read(String graph, byte[] model) {
        ImmutableList<ExternalTensor> tensors = external(graph, model);
        String folder = graph.substring(0, graph.lastIndexOf('/') + 1);
        Map<String, ByteBuffer> contents = new HashMap<>();
        ImmutableList.Builder<WeightBytes> weights = ImmutableList.builder();
        for (ExternalTensor tensor : tensors) {
            ByteBuffer file = contents.computeIfAbsent(tensor.location(), location -> read(requireNonNull(listed.get(folder + location))));
            weights.add(new WeightBytes(tensor, part(graph, tensor, file)));
        }
        return weights.build();
    }

    /** Returns the weights that lie outside of a graph; all of them, or none if one cannot be passed to ONNX Runtime from memory. */
    static ImmutableList<ExternalTensor> external(String graph, byte[] model) {
        ImmutableList<ExternalTensor> tensors = ExternalTensors.of(graph, model);
        if (tensors.size() != ExternalData.count(graph, model)) {
            throw new ModelBundleException(graph + ": keeps weights of functions or inner graphs, or without a length, outside of itself, where"
                    + " only ONNX Runtime finds them; export the bundle again");
        }
        return tensors;
    }

    private static ByteBuffer part(String graph, ExternalTensor tensor, ByteBuffer file) {
        if (tensor.bytes() > file.limit() - tensor.offset()) {
            throw new ModelBundleException(graph + ": the weight " + OneLine.of(tensor.name()) + " has " + tensor.bytes() + " bytes from "
                    + tensor.offset() + " on, " + OneLine.of(tensor.location()) + " has " + file.limit() + "; export the bundle again");
        }
        ByteBuffer part = file.slice((int) tensor.offset(), (int) tensor.bytes());
        boolean aligned = part.alignmentOffset(0, Long.BYTES) == 0;
        return (aligned ? part : ByteBuffer.allocateDirect(part.limit()).put(part).flip()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer allocate(BundleFile file) {
        int bytes = FileCheck.checkFitsAnArray(file);
        try {
            return ByteBuffer.allocateDirect(bytes);
        } catch (OutOfMemoryError e) {
            throw new ModelBundleException(file.path() + ": there is no memory for its " + bytes
                    + " bytes; -XX:MaxDirectMemorySize of java sets how much there is", e);
        }
    }

    private ByteBuffer read(BundleFile file) {
        ByteBuffer bytes = allocate(file);
        try (InputStream in = files.open(file.path())) {
            FileCheck.copy(in, new ByteBufferStream(bytes), file);
        } catch (IOException e) {
            throw FileCheck.unreadable(file, e);
        }
        return bytes.flip();
    }
}
