package wurstchen.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import wurstchen.sampling.NoiseSource;

class NoiseAheadTest {
    private static NoiseSource source() {
        return NoiseSource.seeded(7, 8);
    }

    private static float[] draw(NoiseSource from, int length) {
        float[] values = new float[length];
        from.fill(values);
        return values;
    }

    private static void assertSameDraws(NoiseAhead ahead, List<Integer> lengths) {
        NoiseSource direct = source();
        for (int length : lengths) {
            assertThat(draw(ahead, length)).as("a draw of %s", length).isEqualTo(draw(direct, length));
        }
    }

    @Test
    void expectedDraws_areThoseOfTheSource() {
        Stream<Integer> lengths = Stream.concat(NoiseAhead.drawsOf(64, 3), NoiseAhead.drawsOf(10, 2));
        try (NoiseAhead ahead = new NoiseAhead(NoiseAheadTest::source, lengths)) {
            assertSameDraws(ahead, List.of(64, 64, 64, 64, 10, 10, 10));
        }
    }

    @Test
    void otherDraws_areThoseOfTheSource() {
        for (List<Integer> lengths : List.of(List.of(10, 10, 64), List.of(64, 10), List.of(64, 64, 64, 2, 64), List.of(4))) {
            try (NoiseAhead ahead = new NoiseAhead(NoiseAheadTest::source, Stream.of(64, 64, 10))) {
                assertSameDraws(ahead, lengths);
            }
        }
    }

    @Test
    void moreDrawsThanExpected_areThoseOfTheSource() {
        try (NoiseAhead ahead = new NoiseAhead(NoiseAheadTest::source, NoiseAhead.drawsOf(16, 1))) {
            assertSameDraws(ahead, List.of(16, 16, 16, 8));
        }
    }

    @Test
    void draws_areAheadOfTheRequest_butNotWithoutLimit() throws InterruptedException {
        int length = 4 << 20;
        AtomicInteger drawn = new AtomicInteger();
        CountDownLatch four = new CountDownLatch(4);
        NoiseSource counted = destination -> {
            drawn.incrementAndGet();
            four.countDown();
        };
        try (NoiseAhead ahead = new NoiseAhead(() -> counted, NoiseAhead.drawsOf(length, 20))) {
            assertThat(four.await(1, TimeUnit.MINUTES)).isTrue();
            Thread.sleep(100);
            // Four of 16 MiB wait.
            assertThat(drawn).hasValue(4);
            for (int i = 0; i < 21; i++) {
                draw(ahead, length);
            }
            assertThat(drawn).hasValue(21);
        }
    }

    @Test
    void failureOfTheSource_isThatOfTheDraw() {
        IllegalStateException failure = new IllegalStateException("no numbers");
        NoiseSource failing = destination -> {
            throw failure;
        };
        try (NoiseAhead ahead = new NoiseAhead(() -> failing, NoiseAhead.drawsOf(4, 1))) {
            assertThatThrownBy(() -> draw(ahead, 4)).isSameAs(failure);
        }
    }

    @Test
    void closing_endsTheThread() throws InterruptedException {
        NoiseAhead ahead = new NoiseAhead(NoiseAheadTest::source, NoiseAhead.drawsOf(8 << 20, 1000));

        ahead.close();

        Thread worker = ahead.worker();
        worker.join(TimeUnit.MINUTES.toMillis(1));
        assertThat(worker.isAlive()).isFalse();
    }

    @Test
    void emptyDraw_isRefused() {
        assertThatThrownBy(() -> new NoiseAhead(NoiseAheadTest::source, Stream.of(4, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("draws must have one value or more, got [4, 0]");
    }
}
