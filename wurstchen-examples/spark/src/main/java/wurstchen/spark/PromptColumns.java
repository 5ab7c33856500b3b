package wurstchen.spark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hashing;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import wurstchen.PictureRequest;

/**
 * Which columns of a table are values of requests, and the requests of its rows. A column is one if its name, with hyphens for underscores, is
 * one of {@link PictureRequest#valueNames}. Immutable.
 */
final class PromptColumns implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final String PROMPT = "prompt";
    private static final String NEGATIVE = "negative-prompt";
    private static final String SEED = "seed";

    /** Indexes of the columns by the names of the values. */
    private final TreeMap<String, Integer> indexes = new TreeMap<>();

    private final TreeMap<String, String> defaults;
    private final int rowId;

    /**
     * Finds the columns.
     *
     * @param schema with a column of the rows' ids
     * @param defaults values of rows whose column has none, or which have no such column
     * @throws IllegalArgumentException if there is no prompt, or a value has two columns
     */
    PromptColumns(StructType schema, Map<String, String> defaults) {
        PictureRequest.builder("").values(defaults); // refuses what no request can have
        this.defaults = new TreeMap<>(defaults);
        String[] names = schema.fieldNames();
        for (int i = 0; i < names.length; i++) {
            String value = names[i].replace('_', '-');
            if (PictureRequest.valueNames().contains(value)) {
                Integer other = indexes.put(value, i);
                checkArgument(other == null, "two columns for '%s'; leave one of them out", value);
            }
        }
        checkArgument(
                indexes.containsKey(PROMPT) || defaults.containsKey(PROMPT),
                "the table of prompts has no column 'prompt', found %s; rename the column that has the prompts",
                String.join(", ", names));
        rowId = schema.fieldIndex(PictureColumns.ROW_ID);
    }

    /**
     * Returns the request of a row. A row without a seed gets one that is made from its id.
     *
     * @throws IllegalArgumentException if a value is malformed or out of range
     */
    PictureRequest request(Row row) {
        PictureRequest.Builder request = PictureRequest.builder("").values(values(row));
        return request.build();
    }

    /** Returns the values of a row that are not its prompts and its seed: rows that have the same are made in one batch. */
    String group(Row row) {
        Map<String, String> values = values(row);
        List.of(PROMPT, NEGATIVE, SEED).forEach(values::remove);
        return values.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).collect(Collectors.joining(" "));
    }

    private Map<String, String> values(Row row) {
        Map<String, String> values = new TreeMap<>(defaults);
        indexes.forEach((name, index) -> {
            if (!row.isNullAt(index)) {
                values.put(name, text(row.get(index)));
            }
        });
        values.computeIfAbsent(SEED, missing -> Long.toString(seed(row.getString(rowId))));
        return new LinkedHashMap<>(values);
    }

    /** As a request without a seed takes it: 32 bits. */
    private static long seed(String rowId) {
        return Integer.toUnsignedLong(Hashing.sha256().hashString(rowId, StandardCharsets.UTF_8).asInt());
    }

    private static String text(Object value) {
        if (value instanceof scala.collection.Iterable<?> list) {
            return list.mkString(", ");
        }
        return value.toString();
    }
}
