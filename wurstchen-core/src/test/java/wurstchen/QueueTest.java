package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import wurstchen.image.Picture;

/** Requests that wait for others. */
class QueueTest extends ServiceTestCase {
    @Test
    void requestsOfSeveralThreads_areMadeOneAtATime() throws Exception {
        Picture expected = picture();
        List<Integer> steps = Collections.synchronizedList(new ArrayList<>());
        List<Future<Picture>> made = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            PictureRequest request = request().listener(step -> steps.add(number)).build();
            made.add(threads.submit(() -> wurstchen.generate(request).first().picture()));
        }
        for (Future<Picture> one : made) {
            assertThat(one.get()).isEqualTo(expected);
        }
        assertThat(steps).hasSize(8 * 5);
        for (int i = 0; i < steps.size(); i++) {
            assertThat(steps.get(i)).as("step %s", i).isEqualTo(steps.get(i / 5 * 5));
        }
    }

    @Test
    void waitingRequests_areCountedAndMadeInTheOrderOfTheirArrival() throws Exception {
        List<String> begun = Collections.synchronizedList(new ArrayList<>());
        List<Future<?>> waiting = new ArrayList<>();
        assertThat(wurstchen.waitingRequests()).isZero();
        duringAStep(() -> {
            assertThat(wurstchen.waitingRequests()).as("it does not wait").isZero();
            for (int i = 0; i < 4; i++) {
                String number = i + (i % 2 == 0 ? " sync" : " async");
                PictureRequest request = request().stageCSteps(1).stageBSteps(1).listener(step -> begun.add(number)).build();
                waiting.add(i % 2 == 0
                        ? threads.submit(() -> wurstchen.generate(request))
                        : wurstchen.generateAsync(request, QueueTest::runUntilItWaits));
                awaitWaiting(i + 1);
            }
        });
        for (Future<?> each : waiting) {
            each.get();
        }

        assertThat(begun).containsExactly(
                "0 sync", "0 sync", "1 async", "1 async", "2 sync", "2 sync", "3 async", "3 async");
        assertThat(wurstchen.waitingRequests()).isZero();
    }

    /** A request whose thread has not begun to wait yet is passed by those that have. */
    private static void runUntilItWaits(Runnable task) {
        Thread thread = new Thread(task);
        thread.start();
        while (thread.isAlive() && thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }

    @Test
    void listenerThatMakesAPicture_doesNotWaitForItself() {
        Picture expected = picture();
        List<Picture> inner = new ArrayList<>();

        Picture outer = wurstchen.generate(request().listener(step -> inner.add(picture())).build())
                .first()
                .picture();

        assertThat(outer).isEqualTo(expected);
        assertThat(inner).hasSize(5).containsOnly(expected);
    }

    @Test
    void listenerThatMakesAPicture_needsNoPlaceInTheQueue() {
        try (Wurstchen without = stages.pipeline().maxWaitingRequests(0).build()) {
            List<Picture> inner = new ArrayList<>();

            without.generate(request()
                    .listener(step -> inner.add(without.generate(request().build()).first().picture()))
                    .build());

            assertThat(inner).hasSize(5).containsOnly(picture());
        }
    }

    @Test
    void fullQueue_refusesOneMoreAtOnce() throws Exception {
        Wurstchen small = stages.pipeline().maxWaitingRequests(2).build();
        List<Future<?>> admitted = new ArrayList<>();
        small.generate(request()
                .stageCSteps(1)
                .stageBSteps(1)
                .listener(step -> {
                    if (admitted.isEmpty()) {
                        admitted.add(small.generateAsync(request().build()));
                        admitted.add(threads.submit(() -> small.generate(request().build())));
                        while (small.waitingRequests() < 2) {
                            Thread.onSpinWait();
                        }
                        assertFull(() -> small.generateAsync(request().build()), 2);
                        assertThatThrownBy(threads.submit(() -> small.generate(request().build()))::get)
                                .hasCauseInstanceOf(QueueFullException.class);
                        assertThat(small.waitingRequests()).isEqualTo(2);
                    }
                })
                .build());
        for (Future<?> each : admitted) {
            each.get();
        }

        assertThat(small.generate("a").pictures()).as("there is room again").hasSize(1);
        small.close();
    }

    private static void assertFull(Action action, int waiting) {
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(QueueFullException.class, e -> {
                    assertThat(e.finishedPictures()).isZero();
                    assertThat(e.pictures()).isEmpty();
                })
                .hasMessage("the queue is full: " + waiting + " requests wait already, and no more may; send it again later");
    }

    @Test
    void queueThatLetsNoneWait_refusesASecondRequest() {
        Wurstchen one = stages.pipeline().maxWaitingRequests(0).build();

        one.generate(request().listener(step -> assertFull(() -> one.generateAsync(request().build()), 0)).build());

        one.close();
    }

    @Test
    void refusedLimit_isNamed() {
        assertThatThrownBy(() -> stages.pipeline().maxWaitingRequests(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("waiting requests must be at least 0, got -1; 0 lets none wait");
    }

    @Test
    void waitingRequest_isSentAwayWhenThePipelineCloses() throws Exception {
        duringAStep(() -> {
            Future<?> waiting = threads.submit(() -> wurstchen.generate(request().build()));
            awaitWaiting(1);
            wurstchen.close();
            assertThatThrownBy(waiting::get)
                    .cause()
                    .isInstanceOf(PipelineClosedException.class)
                    .hasMessage("this Wurstchen is closed: open a new one");
        });
    }
}
