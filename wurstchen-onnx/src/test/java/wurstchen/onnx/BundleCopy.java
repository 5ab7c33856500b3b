package wurstchen.onnx;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A copy of the tiny bundle to plant a defect in. */
public record BundleCopy(Path folder) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static BundleCopy in(Path parent) {
        try (Stream<Path> files = Files.walk(Golden.BUNDLE)) {
            Path folder = parent.toRealPath().resolve("bundle");
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(Golden.BUNDLE.relativize(file).toString()));
            }
            return new BundleCopy(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path file(String path) {
        return folder.resolve(path);
    }

    /** Changes model.json. */
    public BundleCopy edit(Consumer<ObjectNode> change) {
        try {
            ObjectNode manifest = (ObjectNode) JSON.readTree(file(Manifest.FILE_NAME).toFile());
            change.accept(manifest);
            Files.write(file(Manifest.FILE_NAME), JSON.writeValueAsBytes(manifest));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a file as an attacker who also fixes its entry in model.json, or adds one. */
    public BundleCopy replace(String path, byte[] content) {
        try {
            Files.createDirectories(file(path).getParent());
            Files.write(file(path), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return edit(manifest -> {
            ObjectNode entry = null;
            for (var one : manifest.withArray("files")) {
                entry = one.get("path").textValue().equals(path) ? (ObjectNode) one : entry;
            }
            if (entry == null) {
                entry = manifest.withArray("files").addObject().put("path", path);
            }
            entry.put("size", content.length).put("sha256", Hashing.sha256().hashBytes(content).toString());
        });
    }

    public byte[] read(String path) {
        try {
            return Files.readAllBytes(file(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Renames something in a graph, in every place; both names have the same length, so the protobuf stays whole. */
    public BundleCopy rename(String path, String from, String to) {
        String text = new String(read(path), StandardCharsets.ISO_8859_1);
        return replace(path, text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
    }
}
