package wurstchen.internal;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Float32 tensors and text in the safetensors format: the header's length (8 bytes, little-endian), the header (JSON), the values.
 *
 * <p>Source: the format's description in the safetensors repository. What is read is hostile until checked.
 *
 * @param tensors by name, in the file's order
 * @param metadata the header's {@code __metadata__}
 */
public record SafeTensors(ImmutableMap<String, Tensor> tensors, ImmutableMap<String, String> metadata) {
    private static final String METADATA = "__metadata__";
    private static final int LENGTH_BYTES = 8;
    private static final int ALIGNMENT = 8;
    private static final int MAX_HEADER_BYTES = 1 << 20;
    private static final int MAX_AXES = 8;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * A float32 tensor; the array is not copied.
     *
     * @param shape its axes
     * @param values row by row
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Tensor(int[] shape, float[] values) {}

    /** Returns the file's bytes. */
    public byte[] toBytes() {
        byte[] header = header();
        int values = tensors.values().stream().mapToInt(tensor -> tensor.values().length).reduce(0, Math::addExact);
        ByteBuffer bytes = ByteBuffer.allocate(Math.addExact(LENGTH_BYTES + header.length, Math.multiplyExact(values, Float.BYTES)))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header);
        for (Tensor tensor : tensors.values()) {
            for (float value : tensor.values()) {
                bytes.putFloat(value);
            }
        }
        return bytes.array();
    }

    private byte[] header() {
        ObjectNode header = JSON.createObjectNode();
        ObjectNode text = header.putObject(METADATA);
        metadata.forEach(text::put);
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            long end = offset + (long) Float.BYTES * entry.getValue().values().length;
            ObjectNode tensor = header.putObject(entry.getKey()).put("dtype", "F32");
            Arrays.stream(entry.getValue().shape()).forEach(tensor.putArray("shape")::add);
            tensor.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(json, (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static SafeTensors read(byte[] file) {
        checkArgument(file.length >= LENGTH_BYTES, "no safetensors file: %s bytes", file.length);
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long length = bytes.getLong();
        checkArgument(
                length >= 2 && length <= Math.min(MAX_HEADER_BYTES, file.length - LENGTH_BYTES),
                "no safetensors file: a header of %s bytes in a file of %s",
                length,
                file.length);
        JsonNode header = parse(file, (int) length);
        int dataStart = LENGTH_BYTES + (int) length;
        ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
        ImmutableMap.Builder<String, String> metadata = ImmutableMap.builder();
        header.properties().forEach(entry -> {
            if (entry.getKey().equals(METADATA)) {
                entry.getValue().properties().forEach(text -> metadata.put(text.getKey(), text.getValue().asText()));
            } else {
                tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), bytes, dataStart));
            }
        });
        return new SafeTensors(tensors.buildOrThrow(), metadata.buildOrThrow());
    }

    private static JsonNode parse(byte[] file, int length) {
        try {
            JsonNode header = JSON.readTree(file, LENGTH_BYTES, length);
            checkArgument(header.isObject(), "no safetensors file: the header is no object");
            return header;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no safetensors file: the header is no JSON", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("no safetensors file", e);
        }
    }

    private static Tensor tensor(String name, JsonNode node, ByteBuffer bytes, int dataStart) {
        checkArgument(node.path("dtype").asText().equals("F32"), "tensor %s must be F32, got %s", name, node.path("dtype"));
        JsonNode axes = node.path("shape");
        JsonNode offsets = node.path("data_offsets");
        checkArgument(
                axes.isArray() && axes.size() <= MAX_AXES && offsets.isArray() && offsets.size() == 2,
                "tensor %s has no shape and place: %s",
                name,
                node);
        int[] shape = new int[axes.size()];
        long values = 1;
        for (int i = 0; i < shape.length; i++) {
            checkArgument(axes.get(i).canConvertToInt() && axes.get(i).intValue() > 0, "tensor %s has the shape %s", name, axes);
            shape[i] = axes.get(i).intValue();
            values = Math.min(values * shape[i], Integer.MAX_VALUE);
        }
        long start = offsets.get(0).asLong(-1);
        long end = offsets.get(1).asLong(-1);
        checkArgument(
                start >= 0 && end - start == values * Float.BYTES && end <= bytes.capacity() - dataStart,
                "tensor %s of shape %s lies outside the file, or not in its own length: %s",
                name,
                axes,
                offsets);
        float[] found = new float[Ints.checkedCast(values)];
        bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(Ints.checkedCast(dataStart + start)).slice()
                .order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(found);
        return new Tensor(shape, found);
    }
}
