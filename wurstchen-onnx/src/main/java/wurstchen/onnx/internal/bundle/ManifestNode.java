package wurstchen.onnx.internal.bundle;

import static com.google.common.collect.ImmutableList.toImmutableList;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.text.VisibleText;

/** A value of the manifest with its path, so that every error names its place. */
record ManifestNode(String place, JsonNode json) {
    /** Longer values are truncated in messages. */
    private static final int SHOWN_CHARACTERS = 60;

    ManifestNode get(String key) {
        if (!json.isObject()) {
            throw expected("an object");
        }
        JsonNode value = json.get(key);
        ManifestNode child = new ManifestNode(place.isEmpty() ? key : place + "." + key, value);
        if (value == null) {
            throw new ModelBundleException(
                    Manifest.FILE_NAME + ": " + child.place + " is missing; " + FileCheck.FETCH_AGAIN);
        }
        return child;
    }

    boolean has(String key) {
        return json.has(key);
    }

    String text() {
        if (!json.isTextual() || !isShown(json.textValue())) {
            throw expected("a string without control characters");
        }
        return json.textValue();
    }

    /** Other characters could manipulate a terminal that shows the text, or turn a line around. */
    private static boolean isShown(String text) {
        return text.codePoints().allMatch(VisibleText::isVisible);
    }

    String textOf(String... allowed) {
        String text = text();
        for (String one : allowed) {
            if (one.equals(text)) {
                return text;
            }
        }
        throw expected("\"" + String.join("\" or \"", allowed) + "\"");
    }

    long integer(long lowest, long highest) {
        boolean fits = json.isIntegralNumber() && json.canConvertToLong();
        if (!fits || json.longValue() < lowest || json.longValue() > highest) {
            throw expected("an integer from " + lowest + " to " + highest);
        }
        return json.longValue();
    }

    int integer(int lowest, int highest) {
        return (int) integer((long) lowest, (long) highest);
    }

    double number(double lowest, double highest) {
        double value = json.isNumber() ? json.doubleValue() : Double.NaN;
        if (!(value >= lowest && value <= highest)) {
            throw expected("a number from " + lowest + " to " + highest);
        }
        return value;
    }

    float real(double lowest, double highest) {
        return (float) number(lowest, highest);
    }

    <T> ImmutableList<T> list(int most, Function<ManifestNode, T> read) {
        if (!json.isArray() || json.size() > most) {
            throw expected("an array of at most " + most);
        }
        return IntStream.range(0, json.size())
                .mapToObj(i -> read.apply(new ManifestNode(place + "[" + i + "]", json.get(i))))
                .collect(toImmutableList());
    }

    <T> ImmutableMap<String, T> map(int most, Function<ManifestNode, T> read) {
        if (!json.isObject() || json.size() > most) {
            throw expected("an object of at most " + most);
        }
        ImmutableMap.Builder<String, T> values = ImmutableMap.builder();
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            if (!isShown(entry.getKey())) {
                throw expected("an object with keys without control characters");
            }
            values.put(entry.getKey(), read.apply(get(entry.getKey())));
        }
        return values.buildOrThrow();
    }

    ModelBundleException expected(String what) {
        String found = json.toString();
        if (found.length() > SHOWN_CHARACTERS) {
            found = found.substring(0, SHOWN_CHARACTERS) + "...";
        }
        return new ModelBundleException(Manifest.FILE_NAME + (place.isEmpty() ? "" : ": " + OneLine.of(place)) + " must be " + what
                + ", got " + OneLine.of(found) + "; " + FileCheck.FETCH_AGAIN);
    }
}
