package wurstchen.studio.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PresenceTest {
    private final AtomicLong clock = new AtomicLong();
    private final Presence presence = new Presence(true, clock::get);

    private boolean isLeftAfter(int seconds) {
        clock.addAndGet(Duration.ofSeconds(seconds).toNanos());
        return presence.isLeft();
    }

    @Test
    void openStream_isSomebody_andIsMissedSoonAfterItIsClosed() {
        presence.opened();
        assertThat(isLeftAfter(10_000)).isFalse();

        presence.closed();
        assertThat(isLeftAfter(3)).isFalse();
        assertThat(isLeftAfter(2)).isTrue();
    }

    @Test
    void reload_whichClosesAndOpensAStream_isNoLeaving() {
        presence.opened();
        presence.closed();
        assertThat(isLeftAfter(2)).isFalse();
        presence.opened();
        assertThat(isLeftAfter(100)).isFalse();
    }

    @Test
    void asking_isSomebodyForAWhile() {
        assertThat(isLeftAfter(80)).isFalse();
        presence.asked();
        assertThat(isLeftAfter(80)).isFalse();
        assertThat(isLeftAfter(20)).isTrue();
    }

    @Test
    void clientThatSaysGoodbye_isMissedSoon() {
        presence.left();
        assertThat(isLeftAfter(3)).isFalse();
        assertThat(isLeftAfter(2)).isTrue();
    }

    @Test
    void jobThatNeedsNobody_isNeverLeft() {
        Presence free = new Presence(false, clock::get);
        free.left();
        clock.addAndGet(Duration.ofDays(1).toNanos());

        assertThat(free.isLeft()).isFalse();
    }
}
