package wurstchen.onnx;

import com.google.common.collect.ImmutableList;

/**
 * What a {@link Doctor} found. Immutable.
 *
 * @param device what was asked about, {@code cpu} or {@code cuda:N}
 * @param findings what there is, a line each
 * @param problems why the device cannot be used, each with its remedy; empty if it can
 */
public record DoctorReport(String device, ImmutableList<String> findings, ImmutableList<String> problems) {
    /**
     * Says whether a model can be opened on the device.
     *
     * @return whether there is no problem
     */
    public boolean usable() {
        return problems.isEmpty();
    }

    /**
     * Writes it all down: the answer, the problems with their remedies, and what there is.
     *
     * @return several lines, without a line break at the end
     */
    @Override
    public String toString() {
        ImmutableList.Builder<String> lines = ImmutableList.builder();
        lines.add(device + (usable() ? " can be used" : " cannot be used:"));
        for (int i = 0; i < problems.size(); i++) {
            lines.add("  " + (i + 1) + ". " + problems.get(i));
        }
        return String.join(System.lineSeparator(), lines.addAll(findings).build());
    }
}
