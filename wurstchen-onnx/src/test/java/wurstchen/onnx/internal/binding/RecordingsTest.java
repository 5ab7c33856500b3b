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
    private int timesUsedUp;
    private final Recordings.Listener listener = new Recordings.Listener() {
        @Override
        public void recorded() {
            timesRecorded++;
        }

        @Override
        public void usedUp() {
            timesUsedUp++;
        }
    };
    private final Recordings recordings = new Recordings(Recordings.Validity.UNTIL_OTHER_SHAPES, listener);

    /** Those of a graph without operators that plan. */
    private final Recordings lasting = new Recordings(Recordings.Validity.ALWAYS, listener);

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
            assertThat(runs.id()).isEqualTo(Recordings.UNRECORDED);
        }
    }

    private static void assertRecordedAs(Recordings.Runs runs, int id) {
        assertThat(run(runs)).isEqualTo(Recordings.Use.RECORD);
        assertThat(runs.id()).isEqualTo(id);
    }

    private static void assertReplayed(Recordings.Runs runs, int id) {
        assertThat(run(runs)).isEqualTo(Recordings.Use.REPLAY);
        assertThat(runs.id()).isEqualTo(id);
    }

    @Test
    void sameShapes_areRecordedAfterSomeRuns_andReplayedFromThenOn() {
        Recordings.Runs runs = recordings.repeated("a");

        assertSubmitted(runs, RUNS);
        assertRecordedAs(runs, 1);
        assertReplayed(runs, 1);
        assertReplayed(runs, 1);
    }

    @Test
    void severalOfTheSameShapes_areRecordedEach_andStayValid() {
        Recordings.Runs even = recordings.repeated(new String("a"));
        Recordings.Runs odd = recordings.repeated(new String("a"));

        for (int i = 0; i < RUNS; i += 2) {
            assertSubmitted(even, 1);
            assertSubmitted(odd, 1);
        }
        assertRecordedAs(even, 1);
        assertRecordedAs(odd, 2);
        assertReplayed(even, 1);
        assertReplayed(odd, 2);
    }

    @Test
    void otherShapesBetween_invalidateEveryRecording() {
        Recordings.Runs even = recordings.repeated("a");
        Recordings.Runs odd = recordings.repeated("a");
        run(even, RUNS + 1);
        run(odd, 1);

        assertSubmitted(recordings.repeated("b"), 1);

        assertSubmitted(even, RUNS);
        assertRecordedAs(even, 3);
        assertRecordedAs(odd, 4);
        assertReplayed(even, 3);
        assertReplayed(odd, 4);
    }

    @Test
    void runThatIsNeverRecorded_invalidatesToo() {
        Recordings.Runs runs = recordings.repeated("a");
        run(runs, RUNS + 1);
        assertReplayed(runs, 1);

        assertSubmitted(recordings.unrecorded(), 2 * RUNS);

        assertSubmitted(runs, RUNS);
        assertRecordedAs(runs, 2);
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
        assertThat(runs.id()).isEqualTo(Recordings.UNRECORDED);
        assertRecordedAs(runs, 1);
    }

    @Test
    void recordingThatFailed_isMadeUnderAnotherNumber() {
        Recordings.Runs runs = recordings.repeated("a");
        run(runs, RUNS);

        assertThat(runs.next(() -> true)).isEqualTo(Recordings.Use.RECORD);
        assertRecordedAs(runs, 2);
    }

    @Test
    void numbersUsedUp_laterRunsAreSubmitted_andWhatIsValidIsStillReplayed() {
        for (int i = 0; i < Recordings.MAX_RECORDINGS - 1; i++) {
            run(recordings.repeated(i), RUNS + 1);
        }
        Recordings.Runs last = recordings.repeated("last");
        run(last, RUNS);
        assertRecordedAs(last, Recordings.MAX_RECORDINGS);
        assertThat(timesUsedUp).isZero();
        assertThat(timesRecorded).isEqualTo(Recordings.MAX_RECORDINGS);

        assertSubmitted(recordings.repeated("last"), 1);
        assertThat(timesUsedUp).isOne();
        assertReplayed(last, Recordings.MAX_RECORDINGS);

        assertSubmitted(recordings.repeated("other"), 2 * RUNS);
        assertSubmitted(last, 2 * RUNS);
    }

    @Test
    void lastingRecordings_stayValid_besideThoseOfOtherShapes() {
        Recordings.Runs one = lasting.repeated("a");
        Recordings.Runs other = lasting.repeated("b");
        run(one, LASTING_RUNS + 1);

        assertSubmitted(lasting.unrecorded(), 3);
        assertSubmitted(other, LASTING_RUNS);
        assertRecordedAs(other, 2);

        for (int i = 0; i < 3; i++) {
            assertReplayed(one, 1);
            assertReplayed(other, 2);
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

        assertRecordedAs(other, 1);
        assertRecordedAs(one, 2);
        assertReplayed(other, 1);
    }

    @Test
    void lastingRecordings_ofOtherTensorsOfTheSameShapes_areMadeAtOnce() {
        run(lasting.repeated("a"), LASTING_RUNS + 1);
        Recordings.Runs others = lasting.repeated("a");

        assertRecordedAs(others, 2);
        assertReplayed(others, 2);
    }

    @Test
    void lastingRecordings_countTheShapesThatCameLast() {
        Recordings.Runs first = lasting.repeated("first");
        assertSubmitted(first, LASTING_RUNS);
        for (int i = 0; i < Recordings.MAX_SHAPES; i++) {
            assertSubmitted(lasting.repeated(i), 1);
        }

        assertSubmitted(first, LASTING_RUNS);
        assertRecordedAs(first, 1);
    }

    @Test
    void lastingRecordings_areLimited_too() {
        for (int i = 0; i < Recordings.MAX_RECORDINGS; i++) {
            run(lasting.repeated(i), LASTING_RUNS + 1);
        }
        assertThat(timesUsedUp).isZero();

        assertSubmitted(lasting.repeated("more"), 2 * LASTING_RUNS);
        assertThat(timesUsedUp).isEqualTo(LASTING_RUNS);
    }
}
