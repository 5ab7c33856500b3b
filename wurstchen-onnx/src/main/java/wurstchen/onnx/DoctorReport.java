package wurstchen.onnx;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * The findings of a {@link Doctor}. Immutable.
 *
 * @param device {@code cpu} or {@code cuda:N}
 * @param findings what was found, one line each; immutable
 * @param problems reasons why the device cannot be used, each with its remedy; empty if it can be used; immutable
 */
public record DoctorReport(String device, List<String> findings, List<String> problems) {
    /** Copies the lists. */
    public DoctorReport {
        findings = List.copyOf(findings);
        problems = List.copyOf(problems);
    }

    /**
     * Returns whether a model can be opened on the device.
     *
     * @return whether there is no problem
     */
    public boolean usable() {
        return problems.isEmpty();
    }

    /**
     * Returns the report as text: the conclusion, the problems with their remedies, and the findings.
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
