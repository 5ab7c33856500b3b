package wurstchen.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import wurstchen.internal.RequestQueue.Ticket;

/** Tickets of one thread; {@code QueueTest} and {@code AsyncTest} have many threads. */
class RequestQueueTest {
    private final RequestQueue queue = new RequestQueue(2);

    @AfterEach
    void isEmpty() {
        assertThat(queue.waiting()).isZero();
    }

    private Ticket join() {
        return queue.join().orElseThrow();
    }

    @Test
    void limit_countsThoseThatWait_notTheOneThatIsNext() {
        Ticket next = join();
        assertThat(queue.waiting()).isZero();
        Ticket second = join();
        Ticket third = join();
        assertThat(queue.waiting()).isEqualTo(2);
        assertThat(queue.join()).isEmpty();

        queue.giveUp(second);
        assertThat(queue.waiting()).isEqualTo(1);
        queue.giveUp(next);
        queue.giveUp(next);
        queue.giveUp(third);
    }

    @Test
    void firstTicket_isOffered_andTheOthersWhenTheirTurnComes() throws InterruptedException {
        Ticket first = join();
        queue.offer();
        assertThat(first.next()).isDone();
        assertThat(queue.await(first)).isTrue();
        Ticket second = join();
        Ticket third = join();
        queue.offer();
        queue.offer();
        assertThat(second.next()).as("its thread may wait for the turn").isDone();
        assertThat(third.next()).isNotDone();

        queue.leave();
        assertThat(third.next()).as("the second one's thread does not come").isDone();
        assertThat(queue.await(third)).isTrue();
        queue.leave();
        assertThat(queue.await(second)).isTrue();
        queue.leave();
    }

    @Test
    void ticketGivenUp_isNotLetIn() throws InterruptedException {
        Ticket ticket = join();
        queue.giveUp(ticket);

        assertThat(queue.await(ticket)).isFalse();
        assertThat(ticket.next()).isNotDone();
    }

    @Test
    void ticketGivenUpAfterItsTurn_changesNothing() throws InterruptedException {
        Ticket ticket = join();
        assertThat(queue.await(ticket)).isTrue();
        queue.giveUp(ticket);
        Ticket second = join();

        assertThat(queue.waiting()).isEqualTo(1);
        queue.giveUp(second);
        assertThat(queue.leave()).isFalse();
    }

    @Test
    void threadInside_entersAgain() throws InterruptedException {
        assertThat(queue.enterAgain()).isFalse();
        assertThat(queue.await(join())).isTrue();
        assertThat(queue.enterAgain()).isTrue();
        assertThat(queue.await(join())).as("with a ticket, too").isTrue();

        assertThat(queue.stagesClosed()).isFalse();
        assertThat(queue.leave()).isFalse();
        assertThat(queue.leave()).isFalse();
        assertThat(queue.leave()).as("the last one").isTrue();
    }

    @Test
    void closedStages_areFreedByWhoClosesThemIfNobodyIsInside() {
        assertThat(queue.stagesClosed()).isTrue();
    }
}
