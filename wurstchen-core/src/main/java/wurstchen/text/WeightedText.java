package wurstchen.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Ascii;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A prompt whose parts have weights. {@code (red:1.3)} has the weight 1.3, {@code (red)} 1.1, {@code [red]} 1 / 1.1, and groups in groups
 * multiply; {@code \(}, {@code \)}, {@code \[}, {@code \]}, {@code \:} and {@code \\} stand for the character itself. The source of the syntax is the web
 * user interface of AUTOMATIC1111, which other tools share.
 *
 * @param text the prompt without its marks
 * @param parts its parts in order, together the whole text; neighbours have different weights
 */
public record WeightedText(String text, List<Part> parts) {
    private static final double USUAL_FACTOR = 1.1;
    private static final double MAX_WEIGHT = 10;
    private static final int MOST_PARTS = 200;
    private static final int MOST_DEPTH = 20;
    private static final int MOST_SHOWN = 40;

    /** Possessive, so that no digits are given back: a text of 100,000 digits and a letter would take minutes. */
    private static final Pattern FACTOR = Pattern.compile("\\s*+([0-9]++\\.?+[0-9]*+|\\.[0-9]++)\\s*+");

    /** Copies the parts. */
    public WeightedText {
        parts = List.copyOf(parts);
    }

    /**
     * A part of the text.
     *
     * @param end index in the text where it ends; it begins where the one before ends
     * @param weight 0 to 10; 1 changes nothing
     */
    public record Part(int end, float weight) {}

    /**
     * Reads a prompt with marks.
     *
     * @param prompt any text
     * @return its text and weights
     * @throws IllegalArgumentException naming the place of a bracket without a partner, or of a weight that is none
     */
    public static WeightedText parse(String prompt) {
        return new Parser(prompt).parse();
    }

    private record Group(char bracket, int source, int start, int colon) {
        Group withColon(int at) {
            return new Group(bracket, source, start, at);
        }
    }

    private static final class Parser {
        private static final int NONE = -1;

        private final String prompt;
        private final StringBuilder text = new StringBuilder();
        private final List<Double> weights = new ArrayList<>();
        private final Deque<Group> groups = new ArrayDeque<>();

        Parser(String prompt) {
            this.prompt = prompt;
        }

        WeightedText parse() {
            for (int i = 0; i < prompt.length(); i++) {
                char c = prompt.charAt(i);
                if (c == '\\' && i + 1 < prompt.length() && "()[]:\\".indexOf(prompt.charAt(i + 1)) >= 0) {
                    append(prompt.charAt(++i));
                } else if (c == '(' || c == '[') {
                    checkArgument(groups.size() < MOST_DEPTH, "%s: at most %s brackets in brackets", at(i), MOST_DEPTH);
                    groups.push(new Group(c, i, text.length(), NONE));
                } else if (c == ')' || c == ']') {
                    close(c, i);
                } else {
                    if (c == ':' && !groups.isEmpty()) {
                        groups.push(groups.pop().withColon(text.length()));
                    }
                    append(c);
                }
            }
            if (!groups.isEmpty()) {
                Group open = groups.pop();
                throw new IllegalArgumentException(at(open.source) + ": '" + open.bracket + "' is never closed; write \\" + open.bracket
                        + " for the character itself");
            }
            return new WeightedText(text.toString(), parts());
        }

        private void append(char c) {
            text.append(c);
            weights.add(1.0);
        }

        private void close(char c, int place) {
            char opening = c == ')' ? '(' : '[';
            checkArgument(
                    !groups.isEmpty() && groups.peek().bracket == opening,
                    "%s: '%s' closes nothing; write \\%s for the character itself",
                    at(place),
                    c,
                    c);
            Group group = groups.pop();
            double factor = c == ']' ? 1 / USUAL_FACTOR : group.colon == NONE ? USUAL_FACTOR : factor(group, place);
            for (int i = group.start; i < weights.size(); i++) {
                double weight = weights.get(i) * factor;
                checkArgument(weight <= MAX_WEIGHT, "%s: a weight must be 0 to %s, got %s", at(place), MAX_WEIGHT, weight);
                weights.set(i, weight);
            }
        }

        /** Takes the number behind the colon out of the text. */
        private double factor(Group group, int place) {
            String number = text.substring(group.colon + 1);
            checkArgument(
                    FACTOR.matcher(number).matches(),
                    "%s: a weight must be a number, got '%s'; write \\: for a colon in brackets",
                    at(place - number.length()),
                    Ascii.truncate(number, MOST_SHOWN, "..."));
            text.setLength(group.colon);
            weights.subList(group.colon, weights.size()).clear();
            return Double.parseDouble(number.strip());
        }

        private List<Part> parts() {
            List<Part> parts = new ArrayList<>();
            int count = 0;
            for (int i = 1; i <= text.length(); i++) {
                if (i == text.length() || !weights.get(i).equals(weights.get(i - 1))) {
                    checkArgument(++count <= MOST_PARTS, "at most %s parts of a prompt have weights of their own", MOST_PARTS);
                    parts.add(new Part(i, weights.get(i - 1).floatValue()));
                }
            }
            return parts;
        }

        private String at(int place) {
            String before = prompt.substring(Math.max(0, place - 10), place);
            String after = prompt.substring(place, Math.min(prompt.length(), place + 10));
            return "prompt weights, character " + (place + 1) + " (" + before + "»" + after + ")";
        }
    }
}
