package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A graph of a bundle, ready to be opened by ONNX Runtime.
 *
 * @param model the checked bytes of the file
 * @param folder where ONNX Runtime finds the external data; empty if {@code weights} holds it
 * @param weights the external data; empty if it is in {@code folder}
 */
public record GraphFile(byte[] model, Optional<Path> folder, ImmutableList<WeightBytes> weights) {}
