package wurstchen.text;

import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Byte-level byte pair encoding of one word, the last byte of which carries the mark {@code </w>}.
 *
 * <p>The pair of neighbours with the lowest rank is merged first, the leftmost of equals, until no pair is left. Pairs wait in a heap and
 * symbols are linked, so that a word of n bytes takes O(n log n). Algorithm: R. Sennrich et al., "Neural Machine Translation of Rare Words
 * with Subword Units", 2016; order among equals as in Hugging Face tokenizers 0.22.2. Immutable and thread-safe.
 */
final class BytePairEncoding {
    static final String END_OF_WORD = "</w>";
    private static final int ABSENT = -1;
    private static final int SHOWN = 60;
    private static final int CANDIDATES_BETWEEN_CHECKPOINTS = 1 << 14;

    /** Two neighbouring tokens, as written in a merges file. */
    record Pair(String left, String right) {}

    private record Merge(int rank, int merged) {}

    private record Candidate(int rank, int position, int merged) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            return rank != other.rank ? Integer.compare(rank, other.rank) : Integer.compare(position, other.position);
        }
    }

    private final ImmutableMap<String, Integer> vocabulary;
    private final Map<Long, Merge> merges;
    private final int[] inside = new int[256];
    private final int[] atEnd = new int[256];

    /**
     * Creates the encoding.
     *
     * @param vocabulary ids by token
     * @param pairs merges, the most important first; a repeated pair counts by its last place
     * @param unknown the token for bytes that the vocabulary lacks; null to leave them out
     * @param source the file that the merges come from, for errors
     */
    BytePairEncoding(ImmutableMap<String, Integer> vocabulary, List<Pair> pairs, @Nullable String unknown, String source) {
        this.vocabulary = vocabulary;
        this.merges = new HashMap<>(pairs.size() * 2);
        for (int rank = 0; rank < pairs.size(); rank++) {
            Pair pair = pairs.get(rank);
            int merged = known(pair.left() + pair.right(), rank, source);
            merges.put(key(known(pair.left(), rank, source), known(pair.right(), rank, source)), new Merge(rank, merged));
        }
        int fallback = unknown == null ? ABSENT : vocabulary.getOrDefault(unknown, ABSENT);
        for (int value = 0; value < 256; value++) {
            String character = String.valueOf(ByteAlphabet.character(value));
            inside[value] = vocabulary.getOrDefault(character, fallback);
            atEnd[value] = vocabulary.getOrDefault(character + END_OF_WORD, fallback);
        }
    }

    private int known(String token, int rank, String source) {
        Integer id = vocabulary.get(token);
        if (id == null) {
            throw new IllegalArgumentException(String.format(
                    "%s: merge %d must join and make tokens of the vocabulary, found \"%s\" which is not in it;"
                            + " vocabulary and merges must come from the same tokenizer",
                    source, rank + 1, VisibleText.of(token.length() <= SHOWN ? token : token.substring(0, SHOWN) + "...")));
        }
        return id;
    }

    ImmutableMap<String, Integer> vocabulary() {
        return vocabulary;
    }

    /** Encodes one word and hands its ids to {@code out}, in order. Calls the checkpoint now and then; what it throws ends the work. */
    void encode(String word, Runnable checkpoint, IntConsumer out) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        int[] symbols = new int[bytes.length];
        int count = 0;
        for (int i = 0; i < bytes.length; i++) {
            int id = (i == bytes.length - 1 ? atEnd : inside)[bytes[i] & 0xff];
            if (id != ABSENT) {
                symbols[count++] = id;
            }
        }
        new Word(symbols, count).mergeAll(checkpoint).forEach(out);
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }

    /** The symbols of one word as a linked list over an array; a removed symbol is {@link #ABSENT}. */
    private final class Word {
        private final int[] symbols;
        private final int[] next;
        private final int[] previous;
        private final int count;
        private final PriorityQueue<Candidate> candidates = new PriorityQueue<>();

        Word(int[] symbols, int count) {
            this.symbols = symbols;
            this.count = count;
            this.next = new int[count];
            this.previous = new int[count];
            for (int i = 0; i < count; i++) {
                previous[i] = i - 1;
                next[i] = i + 1;
            }
            for (int i = 0; i + 1 < count; i++) {
                offer(i);
            }
        }

        Word mergeAll(Runnable checkpoint) {
            int polled = 0;
            for (Candidate candidate = candidates.poll(); candidate != null; candidate = candidates.poll()) {
                if (polled++ % CANDIDATES_BETWEEN_CHECKPOINTS == 0) {
                    checkpoint.run();
                }
                int left = candidate.position();
                if (symbols[left] != ABSENT && next[left] < count && isCurrent(candidate)) {
                    merge(left, candidate.merged());
                }
            }
            return this;
        }

        /** A candidate is stale if one of its two symbols has been merged with something else meanwhile. */
        private boolean isCurrent(Candidate candidate) {
            Merge merge = merges.get(key(symbols[candidate.position()], symbols[next[candidate.position()]]));
            return merge != null && merge.merged() == candidate.merged();
        }

        private void merge(int left, int merged) {
            int right = next[left];
            symbols[left] = merged;
            symbols[right] = ABSENT;
            next[left] = next[right];
            if (next[left] < count) {
                previous[next[left]] = left;
                offer(left);
            }
            if (previous[left] >= 0) {
                offer(previous[left]);
            }
        }

        private void offer(int left) {
            Merge merge = merges.get(key(symbols[left], symbols[next[left]]));
            if (merge != null) {
                candidates.add(new Candidate(merge.rank(), left, merge.merged()));
            }
        }

        void forEach(IntConsumer out) {
            for (int i = 0; i < count; i = next[i]) {
                out.accept(symbols[i]);
            }
        }
    }
}
