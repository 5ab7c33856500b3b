package wurstchen.onnx.internal.doctor;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Collects the findings of an examination. */
final class Findings {
    private final List<String> lines = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    void line(String name, String value) {
        lines.add(String.format(Locale.ROOT, "%-15s %s", name + ":", value));
    }

    /** Adds a line that belongs to the previous one. */
    void detail(String text) {
        lines.add("  " + text);
    }

    /** Adds a reason why the device cannot be used, with its remedy. */
    void problem(String text) {
        problems.add(text);
    }

    boolean noProblem() {
        return problems.isEmpty();
    }

    ImmutableList<String> lines() {
        return ImmutableList.copyOf(lines);
    }

    ImmutableList<String> problems() {
        return ImmutableList.copyOf(problems);
    }
}
