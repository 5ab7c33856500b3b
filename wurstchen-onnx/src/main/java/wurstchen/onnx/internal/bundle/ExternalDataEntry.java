package wurstchen.onnx.internal.bundle;

/**
 * A StringStringEntryProto of a tensor's {@code external_data}. Field numbers: onnx.proto3 of ONNX 1.19.
 *
 * @param key such as {@code location}; empty if missing
 * @param value empty if missing
 */
record ExternalDataEntry(String key, String value) {
    /** The field of TensorProto that holds these entries. */
    static final int TENSOR_FIELD = 13;

    private static final int KEY = 1;
    private static final int VALUE = 2;

    /** Reads an entry. */
    static ExternalDataEntry read(ProtobufReader in) {
        String key = "";
        String value = "";
        while (in.next()) {
            switch (in.field()) {
                case KEY -> key = in.text();
                case VALUE -> value = in.text();
                default -> in.skip();
            }
        }
        return new ExternalDataEntry(key, value);
    }
}
