package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.progress.CascadeStage;

/** Pictures that are finished before their request is over. */
class FinishedPicturesTest extends ServiceTestCase {
    private final List<GeneratedPicture> taken = new ArrayList<>();

    private List<GeneratedPicture> all(int count) {
        return wurstchen.generate(request().pictures(count).build()).pictures();
    }

    @Test
    void consumer_getsEachPictureBeforeTheNextIsBegun() {
        List<GeneratedPicture> expected = all(5);
        List<Integer> takenAtStart = new ArrayList<>();

        PictureResult result = wurstchen.generate(request()
                .pictures(5)
                .batchSize(2)
                .consumer(taken::add)
                .listener(step -> {
                    if (step.stage() == CascadeStage.STAGE_C && step.step() == 1) {
                        takenAtStart.add(taken.size());
                    }
                })
                .build());

        assertThat(taken).isEqualTo(expected);
        assertThat(takenAtStart).containsExactly(0, 2, 4);
        assertThat(result.pictures()).isEmpty();
        assertThat(result.finishedPictures()).isEqualTo(5);
        assertThatThrownBy(result::first)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the request's consumer has got the pictures: take them there, or set none");
    }

    @Test
    void picturesThatAConsumerDropped_areNotKept() {
        List<WeakReference<GeneratedPicture>> dropped = new ArrayList<>();

        wurstchen.generate(request()
                .pictures(3)
                .consumer(picture -> dropped.add(new WeakReference<>(picture)))
                .listener(step -> {
                    if (step.firstPicture() == 2 && step.stage() == CascadeStage.STAGE_B) {
                        awaitCollected(dropped.get(0));
                    }
                })
                .build());

        assertThat(dropped).hasSize(3);
    }

    private static void awaitCollected(WeakReference<?> reference) {
        while (!reference.refersTo(null)) {
            System.gc();
        }
    }

    @Test
    void cancelledRequest_handsOverWhatIsFinished() {
        List<GeneratedPicture> expected = all(3);
        Cancellation cancellation = new Cancellation();
        PictureRequest request = request()
                .pictures(3)
                .cancellation(cancellation)
                .listener(step -> {
                    if (step.firstPicture() == 2) {
                        cancellation.cancel();
                    }
                })
                .build();

        CancelledException e = catchThrowableOfType(CancelledException.class, () -> wurstchen.generate(request));

        assertThat(e).hasMessage("cancelled in Stage C after 1 of 3 steps; 2 of 3 pictures are finished");
        assertThat(e.finishedPictures()).isEqualTo(2);
        assertThat(e.pictures()).isEqualTo(expected.subList(0, 2));
        assertThatThrownBy(() -> e.pictures().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void failedRequest_handsOverWhatIsFinished() {
        List<GeneratedPicture> expected = all(3);
        PictureRequest request = request()
                .pictures(3)
                .listener(step -> stages.failAtStep(step.firstPicture() == 1 ? 3 : 0))
                .build();

        RequestFailedException e = catchThrowableOfType(RequestFailedException.class, () -> wurstchen.generate(request));

        assertThat(e).hasMessage("Stage C failed at step 3; 2 of 3 pictures are finished");
        assertThat(e.pictures()).isEqualTo(expected.subList(0, 2));
    }

    @Test
    void stageThatThrowsSomethingElse_isTheCause() {
        stages.inEveryStep(() -> {
            throw new IndexOutOfBoundsException();
        });

        assertThatThrownBy(() -> wurstchen.generate(request().pictures(2).build()))
                .isInstanceOf(RequestFailedException.class)
                .hasMessage("java.lang.IndexOutOfBoundsException; 0 of 2 pictures are finished")
                .hasCauseInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void pipelineClosedUnderARequest_handsOverWhatIsFinished() {
        PictureRequest request = request()
                .pictures(2)
                .listener(step -> {
                    if (step.firstPicture() == 1) {
                        wurstchen.close();
                    }
                })
                .build();

        PipelineClosedException e = catchThrowableOfType(PipelineClosedException.class, () -> wurstchen.generate(request));

        assertThat(e).hasMessage(
                "this Wurstchen was closed in Stage C after 1 of 3 steps; 1 of 2 pictures are finished: open a new one");
        assertThat(e.pictures()).hasSize(1);
    }

    @Test
    void failingListener_reachesTheCallerWithWhatIsFinished() {
        IllegalStateException thrown = new IllegalStateException("enough");
        PictureRequest request = request()
                .pictures(2)
                .listener(step -> {
                    if (step.firstPicture() == 1) {
                        throw thrown;
                    }
                })
                .build();

        assertThatThrownBy(() -> wurstchen.generate(request)).isSameAs(thrown);
        assertFinished(thrown, 1);
        assertThat(all(1)).as("the pipeline is usable").hasSize(1);
    }

    private static void assertFinished(Throwable thrown, int pictures) {
        assertThat(thrown.getSuppressed()).singleElement().isInstanceOfSatisfying(RequestFailedException.class, e -> {
            assertThat(e).hasMessage("the request ended; " + pictures + " of 2 pictures are finished");
            assertThat(e.pictures()).hasSize(pictures);
        });
    }

    @Test
    void failingConsumer_reachesTheCaller() {
        IllegalStateException thrown = new IllegalStateException("disk full");

        assertThatThrownBy(() -> wurstchen.generate(request()
                        .pictures(2)
                        .consumer(picture -> {
                            throw thrown;
                        })
                        .build()))
                .isSameAs(thrown)
                .hasNoSuppressedExceptions();
    }

    @Test
    void errorOfTheJvm_reachesTheCallerWithWhatIsFinished() {
        OutOfMemoryError thrown = new OutOfMemoryError("of a test");
        PictureRequest request = request()
                .pictures(2)
                .listener(step -> stages.inEveryStep(() -> {
                    if (step.firstPicture() == 1) {
                        throw thrown;
                    }
                }))
                .build();

        assertThatThrownBy(() -> wurstchen.generate(request)).isSameAs(thrown);
        assertFinished(thrown, 1);
    }

    @Test
    void serializedException_keepsTheCountWithoutThePictures() throws Exception {
        stages.failAtStep(1);
        RequestFailedException e = catchThrowableOfType(RequestFailedException.class, () -> wurstchen.generate("a"));

        RequestFailedException copy = copy(e);

        assertThat(copy).hasMessage("Stage C failed at step 1");
        assertThat(copy.finishedPictures()).isZero();
        assertThat(copy.pictures()).isEmpty();
    }

    private static RequestFailedException copy(RequestFailedException e) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(e);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (RequestFailedException) in.readObject();
        }
    }

    @Test
    void prompt_isEncodedOnceARequest() {
        wurstchen.generate(request().pictures(5).batchSize(2).build());

        assertThat(stages.calls()).filteredOn(call -> call.startsWith("encode")).containsExactly("encode 2", "encode 1");
    }
}
