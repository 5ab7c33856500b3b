package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A graph of a bundle as ONNX Runtime is to open it.
 *
 * @param model the file's bytes, as they were checked
 * @param folder where ONNX Runtime finds the graph's external data by their names; empty if {@code weights} holds them
 * @param weights the external data; empty if they lie in {@code folder}
 */
public record GraphFile(byte[] model, Optional<Path> folder, ImmutableList<WeightBytes> weights) {}
