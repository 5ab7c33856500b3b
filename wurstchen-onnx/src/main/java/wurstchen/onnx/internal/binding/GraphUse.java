package wurstchen.onnx.internal.binding;

/** How a device runs a graph, the most demanding first. */
public enum GraphUse {
    /** Every node runs on the device, and runs may be recorded and replayed. */
    REPLAYED(""),
    /** Every node runs on the device. */
    WHOLE("the device cannot record it, so every step is submitted anew"),
    /** Nodes that the device cannot run fall back to the CPU. */
    PARTLY("some of its nodes run on the CPU, as ONNX Runtime sees fit; what they read and write is copied and not counted");

    private final String note;

    GraphUse(String note) {
        this.note = note;
    }

    /** Returns the note about a graph for which a more demanding use failed. */
    public String note() {
        return note;
    }
}
