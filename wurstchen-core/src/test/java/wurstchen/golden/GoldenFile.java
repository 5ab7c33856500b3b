package wurstchen.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Numbers that the reference computed; {@code python -m wurstchen_export golden} writes them and says what is in them. */
public final class GoldenFile {
    private static final JsonMapper JSON = new JsonMapper();

    private GoldenFile() {}

    /** Reads one of the golden files; one that is missing fails the test. */
    public static JsonNode read(String name) {
        try (InputStream file = GoldenFile.class.getResourceAsStream("/golden/" + name)) {
            if (file == null) {
                throw new IllegalStateException("no golden/" + name + "; write it with python -m wurstchen_export golden");
            }
            return JSON.readTree(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a flat list of numbers as float32. */
    public static float[] floats(JsonNode list) {
        float[] values = new float[list.size()];
        for (int i = 0; i < values.length; i++) {
            // Parsed as a float at once: by way of a double it could be rounded twice.
            values[i] = Float.parseFloat(list.get(i).asText());
        }
        return values;
    }

    /** Returns the entries of a list. */
    public static List<JsonNode> list(JsonNode node) {
        List<JsonNode> entries = new ArrayList<>();
        node.forEach(entries::add);
        if (entries.isEmpty()) {
            throw new IllegalStateException("a golden list is empty, which would test nothing");
        }
        return entries;
    }
}
