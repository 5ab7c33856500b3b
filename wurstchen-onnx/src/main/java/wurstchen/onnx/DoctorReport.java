package wurstchen.onnx;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * What a {@link Doctor} found. Immutable.
 *
 * @param device what was asked about, {@code cpu} or {@code cuda:N}
 * @param findings what there is, a line each; immutable
 * @param problems why the device cannot be used, each with its remedy; empty if it can; immutable
 */
public record DoctorReport(String device, List<String> findings, List<String> problems) {
    /** Copies the lists. */
    public DoctorReport {
        findings = List.copyOf(findings);
        problems = List.copyOf(problems);
    }

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
