package wurstchen.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Predicate;

/**
 * JSON objects of texts, numbers and lists of numbers, as names to texts: a list's numbers have ", " between them. Streams only, because
 * starting databind takes a third of a second.
 */
public final class FlatJson {
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private FlatJson() {}

    /**
     * Writes an object.
     *
     * @param values names to texts
     * @param number whether the value of a name is a number
     * @param list whether the value of a name is a list of numbers
     * @return one line
     */
    public static String write(Map<String, String> values, Predicate<String> number, Predicate<String> list) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            for (Map.Entry<String, String> entry : values.entrySet()) {
                json.writeFieldName(entry.getKey());
                if (list.test(entry.getKey())) {
                    json.writeStartArray();
                    for (String element : entry.getValue().split(", ")) {
                        json.writeNumber(element);
                    }
                    json.writeEndArray();
                } else if (number.test(entry.getKey())) {
                    json.writeNumber(entry.getValue());
                } else {
                    json.writeString(entry.getValue());
                }
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Nothing is written but to memory.
        }
        return text.toString();
    }

    /**
     * Reads an object.
     *
     * @param text JSON
     * @return names to texts, in their order
     * @throws IllegalArgumentException if it is anything but one object of texts, numbers and lists of them
     */
    public static Map<String, String> read(String text) {
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("expected a JSON object such as {\"prompt\": \"a red apple\"}, got " + start(text));
            }
            Map<String, String> values = new LinkedHashMap<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                values.put(name, json.nextToken() == JsonToken.START_ARRAY ? list(json, name) : scalar(json, name));
            }
            if (json.nextToken() != null) {
                throw new IllegalArgumentException("expected one JSON object, found more behind it: " + start(text));
            }
            return values;
        } catch (JsonProcessingException e) {
            String problem = e.getOriginalMessage().replaceAll(" \\(start marker at .*\\)", "");
            throw new IllegalArgumentException(
                    "not JSON: " + problem + " at column " + e.getLocation().getColumnNr() + " of " + start(text), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Nothing is read but memory.
        }
    }

    private static String list(JsonParser json, String name) throws IOException {
        StringJoiner elements = new StringJoiner(", ");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            elements.add(scalar(json, name));
        }
        return elements.toString();
    }

    private static String scalar(JsonParser json, String name) throws IOException {
        JsonToken token = json.currentToken();
        if (token == null || !token.isScalarValue() || token == JsonToken.VALUE_NULL) {
            throw new IllegalArgumentException("'" + name + "' must be a text, a number, true, false or a list of numbers");
        }
        return json.getText();
    }

    private static String start(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return "'" + (line.length() <= 60 ? line : line.substring(0, 60) + "...") + "'";
    }
}
