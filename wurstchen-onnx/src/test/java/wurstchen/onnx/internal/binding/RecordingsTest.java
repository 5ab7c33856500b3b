package wurstchen.onnx.internal.binding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which runs are recorded and replayed. */
class RecordingsTest {
    /** Runs before a recording that other shapes end. */
    private static final int RUNS = 16;

    /** Runs before a recording that lasts. */
    private static final int LASTING_RUNS = 4;

    private int timesRecorded;
    private final Recordings recordings = new Recordings(Recordings.Validity.UNTIL_OTHER_SHAPES, () -> timesRecorded++);

    /** Those of a graph without operators that plan. */
    private final Recordings lasting = new Recordings(Recordings.Validity.ALWAYS, () -> timesRecorded++);

    /** As a device would do it: what is to be recorded is recorded. */
    private static Recordings.Use run(Recordings.Runs runs) {
        Recordings.Use use = runs.next(() -> true);
        if (use == Recordings.Use.RECORD) {
            runs.recorded();
        }
        return use;
    }

    private static void run(Recordings.Runs runs, int times) {
        for (int i = 0; i < times; i++) {
            run(runs);
        }
    }

    private static void assertSubmitted(Recordings.Runs runs, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(run(runs)).as("use of run %s", i).isEqualTo(Recordings.Use.SUBMIT);
        }
    }

    private static void assertRecorded(Recordings.Runs runs) {
        assertThat(run(runs)).isEqualTo(Recordings.Use.RECORD);
    }

    private static void assertReplayed(Recordings.Runs runs) {
        assertThat(run(runs)).isEqualTo(Recordings.Use.REPLAY);
    }

    @Test
    void sameShapes_areRecordedAfterSomeRuns_andReplayedFromThenOn() {
        Recordings.Runs runs = recordings.repeated("a");

        assertSubmitted(runs, RUNS);
        assertRecorded(runs);
        assertReplayed(runs);
        assertReplayed(runs);
    }

    @Test
    void severalOfTheSameShapes_areRecordedEach_andStayValid() {
        Recordings.Runs even = recordings.repeated(new String("a"));
        Recordings.Runs odd = recordings.repeated(new String("a"));

        for (int i = 0; i < RUNS; i += 2) {
            assertSubmitted(even, 1);
            assertSubmitted(odd, 1);
        }
        assertRecorded(even);
        assertRecorded(odd);
        assertReplayed(even);
        assertReplayed(odd);
    }

    @Test
    void otherShapesBetween_invalidateEveryRecording() {
        Recordings.Runs even = recordings.repeated("a");
        Recordings.Runs odd = recordings.repeated("a");
        run(even, RUNS + 1);
        run(odd, 1);

        assertSubmitted(recordings.repeated("b"), 1);

        assertSubmitted(even, RUNS);
        assertRecorded(even);
        assertRecorded(odd);
        assertReplayed(even);
        assertReplayed(odd);
    }

    @Test
    void runThatIsNeverRecorded_invalidatesToo() {
        Recordings.Runs runs = recordings.repeated("a");
        run(runs, RUNS + 1);
        assertReplayed(runs);

        assertSubmitted(recordings.unrecorded(), 2 * RUNS);

        assertSubmitted(runs, RUNS);
        assertRecorded(runs);
    }

    @Test
    void runsOfTwoShapesInTurn_areNeverRecorded() {
        Recordings.Runs one = recordings.repeated("a");
        Recordings.Runs other = recordings.repeated("b");

        for (int i = 0; i < 3 * RUNS; i++) {
            assertSubmitted(one, 1);
            assertSubmitted(other, 1);
        }
    }

    @Test
    void runThatMustNotBeRecorded_isSubmitted_andTheNextOneIsRecorded() {
        Recordings.Runs runs = recordings.repeated("a");
        run(runs, RUNS);

        assertThat(runs.next(() -> false)).isEqualTo(Recordings.Use.SUBMIT);
        assertRecorded(runs);
    }

    @Test
    void recordingThatFailed_isMadeAgain() {
        Recordings.Runs runs = recordings.repeated("a");
        run(runs, RUNS);

        assertThat(runs.next(() -> true)).isEqualTo(Recordings.Use.RECORD);
        assertRecorded(runs);
        assertReplayed(runs);
        assertThat(timesRecorded).isEqualTo(1);
    }

    @Test
    void whatIsReplayable_isReplayedNext() {
        Recordings.Runs runs = recordings.repeated("a");
        run(runs, RUNS);
        assertThat(runs.replayable()).isFalse();
        assertRecorded(runs);
        assertThat(runs.replayable()).isTrue();

        assertSubmitted(recordings.repeated("b"), 1);
        assertThat(runs.replayable()).isFalse();
        assertSubmitted(runs, 1);
        assertThat(recordings.unrecorded().replayable()).isFalse();
    }

    @Test
    void lastingRecordings_areReplayable_whateverCameBetween() {
        Recordings.Runs runs = lasting.repeated("a");
        run(runs, LASTING_RUNS + 1);

        assertSubmitted(lasting.repeated("b"), 1);
        assertSubmitted(lasting.unrecorded(), 1);
        assertThat(runs.replayable()).isTrue();
        assertReplayed(runs);
    }

    @Test
    void lastingRecordings_stayValid_besideThoseOfOtherShapes() {
        Recordings.Runs one = lasting.repeated("a");
        Recordings.Runs other = lasting.repeated("b");
        run(one, LASTING_RUNS + 1);

        assertSubmitted(lasting.unrecorded(), 3);
        assertSubmitted(other, LASTING_RUNS);
        assertRecorded(other);

        for (int i = 0; i < 3; i++) {
            assertReplayed(one);
            assertReplayed(other);
        }
    }

    @Test
    void lastingRecordings_comeAfterSomeRunsOfTheShapes_alsoWithOthersBetween() {
        Recordings.Runs one = lasting.repeated("a");
        Recordings.Runs other = lasting.repeated("b");
        for (int i = 0; i < LASTING_RUNS; i++) {
            assertSubmitted(one, 1);
            assertSubmitted(other, 1);
        }

        assertRecorded(other);
        assertRecorded(one);
        assertReplayed(other);
    }

    @Test
    void lastingRecordings_ofOtherTensorsOfTheSameShapes_areMadeAtOnce() {
        run(lasting.repeated("a"), LASTING_RUNS + 1);
        Recordings.Runs others = lasting.repeated("a");

        assertRecorded(others);
        assertReplayed(others);
    }

    @Test
    void lastingRecordings_countTheShapesThatCameLast() {
        Recordings.Runs first = lasting.repeated("first");
        assertSubmitted(first, LASTING_RUNS);
        for (int i = 0; i < Recordings.MAX_SHAPES; i++) {
            assertSubmitted(lasting.repeated(i), 1);
        }

        assertSubmitted(first, LASTING_RUNS);
        assertRecorded(first);
    }
}
