package wurstchen.onnx.process;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import wurstchen.CancelledException;
import wurstchen.DeadlineExceededException;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.UnfinishedRequestException;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.onnx.Golden;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;

/** A request of two pictures in a race. However it ends, every picture that it finished is handed over, and is the one of its seed. */
final class RaceRequest implements RequestListener {
    private static final String PLACE =
            "(before the first step|in (Text|Stage [ABC])( after \\d+ of \\d+ steps)?); [012] of 2 pictures are finished";

    private final List<Picture> expected;
    private final int levels;
    private final AtomicInteger finished = new AtomicInteger();
    private Runnable atStep = () -> {};
    private int stepsBefore;

    /**
     * Creates one that is not sent yet.
     *
     * @param expected the pictures
     * @param levels by which they may differ
     */
    RaceRequest(List<Picture> expected, int levels) {
        this.expected = expected;
        this.levels = levels;
    }

    /** Runs something at a step. */
    void atStep(int number, Runnable action) {
        stepsBefore = number;
        atStep = action;
    }

    @Override
    public void onStep(CompletedStep step) {
        if (stepsBefore-- == 0) {
            atStep.run();
        }
    }

    @Override
    public void onStageFinished(StageProgress stage) {
        if (stage.stage() == CascadeStage.STAGE_A) {
            finished.addAndGet(stage.pictures());
        }
    }

    /** Sends the request from this thread; anything else than the ways in which it may end is thrown. */
    String outcome(Wurstchen wurstchen, PictureRequest request) {
        try {
            return picture(wurstchen.generate(listening(request)));
        } catch (UnfinishedRequestException e) {
            String outcome = outcome(e);
            if (outcome.equals("interrupted") && !Thread.interrupted()) {
                throw new IllegalStateException("the thread is no longer interrupted", e);
            }
            return outcome;
        }
    }

    /** Sends the request to an executor. */
    CompletableFuture<PictureResult> future(Wurstchen wurstchen, PictureRequest request) {
        try {
            return wurstchen.generateAsync(listening(request));
        } catch (PipelineClosedException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Waits for a future. */
    String outcome(CompletableFuture<PictureResult> future) {
        try {
            return picture(future.join());
        } catch (CancellationException e) {
            return "future cancelled";
        } catch (CompletionException e) {
            if (e.getCause() instanceof UnfinishedRequestException unfinished) {
                return outcome(unfinished);
            }
            throw e;
        }
    }

    private PictureRequest listening(PictureRequest request) {
        return request.toBuilder().listener(this).build();
    }

    private String picture(PictureResult result) {
        check(result.pictures(), expected.size());
        return "picture";
    }

    private String outcome(UnfinishedRequestException e) {
        check(e.pictures(), e.finishedPictures());
        if (e.finishedPictures() != finished.get()) {
            throw new IllegalStateException(finished + " pictures were finished", e);
        }
        if (e instanceof PipelineClosedException) {
            return known("closed", "this Wurstchen is closed: open a new one|this Wurstchen was closed " + PLACE + ": open a new one", e);
        }
        if (e instanceof DeadlineExceededException) {
            return known("deadline", "the deadline of PT[0-9.]+S passed " + PLACE + "; allow more time, or make fewer or smaller pictures", e);
        }
        if (e instanceof CancelledException && e.getMessage().startsWith("interrupted ")) {
            return known("interrupted", "interrupted " + PLACE, e);
        }
        return known("cancelled", "cancelled " + PLACE, e);
    }

    private static String known(String outcome, String messages, RuntimeException e) {
        if (!e.getMessage().matches(messages)) {
            throw e;
        }
        return outcome;
    }

    private void check(List<GeneratedPicture> pictures, int count) {
        if (pictures.size() != count) {
            throw new IllegalStateException("expected " + count + " pictures, found " + pictures.size());
        }
        for (int i = 0; i < count; i++) {
            int difference = Golden.largestDifference(pictures.get(i).picture(), expected.get(i));
            if (difference > levels) {
                throw new IllegalStateException("picture " + i + " is another one, by " + difference + " levels");
            }
        }
    }
}
