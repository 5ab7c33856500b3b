package wurstchen.pool;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import wurstchen.PictureDefaults;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PictureSettings;
import wurstchen.QueueFullException;
import wurstchen.Wurstchen;
import wurstchen.internal.ReverseCloser;
import wurstchen.stage.LatentGeometry;

/**
 * Several pipelines of the same model, such as one for each GPU of a machine, that are used as one:
 *
 * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="pipelines"}
 *
 * <p>A request goes to the pipeline that will be free first and stays there, as if it had been sent to this pipeline alone: it is worked on by
 * one device, which decides nothing about the picture. Work is estimated by pictures, pixels and steps. A pipeline whose requests fail gets
 * fewer of them until one succeeds; a request that failed is not repeated.
 *
 * <p>Thread-safe. Close it to close all pipelines.
 */
public final class Pipelines implements AutoCloseable {
    /** In messages. */
    private static final String NAME = "the pipelines";

    private final List<Lane> lanes;

    private Pipelines(List<Wurstchen> pipelines) {
        lanes = pipelines.stream().map(Lane::new).toList();
    }

    /**
     * Opens one pipeline for each device, one after the other.
     *
     * @param <D> what tells devices apart, such as {@code wurstchen.onnx.Device}
     * @param devices at least one; a device that is there twice gets two pipelines
     * @param open opens a pipeline on a device, of the same model on all of them
     * @return the pipelines, which own those that were opened
     * @throws IllegalArgumentException if there is no device, or the pipelines differ in geometry or defaults and so are of different models
     * @throws RuntimeException what {@code open} throws; those that were opened before are closed
     */
    public static <D> Pipelines over(List<? extends D> devices, Function<? super D, Wurstchen> open) {
        checkArgument(!devices.isEmpty(), "no devices: give at least one, such as Device.cuda(0)");
        List<Wurstchen> opened = new ArrayList<>();
        try {
            for (D device : devices) {
                opened.add(checkNotNull(open.apply(device), "pipeline"));
                checkSameModel(opened.get(0), opened.get(opened.size() - 1), device);
            }
        } catch (RuntimeException | Error e) {
            closeAfter(e, opened);
            throw e;
        }
        return new Pipelines(opened);
    }

    private static void checkSameModel(Wurstchen first, Wurstchen other, Object device) {
        checkArgument(
                first.geometry().equals(other.geometry()) && first.defaults().equals(other.defaults()),
                "the pipeline on %s has another model than the first one: expected %s, got %s; open the same model on every device",
                device,
                first.defaults(),
                other.defaults());
    }

    private static void closeAfter(Throwable failure, List<Wurstchen> opened) {
        try {
            new ReverseCloser(NAME).close(opened).throwFailure();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Returns what is used where a request says nothing.
     *
     * @return the model's recommendation
     */
    public PictureDefaults defaults() {
        return lanes.get(0).pipeline().defaults();
    }

    /**
     * Returns how sizes in px become latents.
     *
     * @return the model's geometry
     */
    public LatentGeometry geometry() {
        return lanes.get(0).pipeline().geometry();
    }

    /**
     * Returns how many pipelines there are.
     *
     * @return at least 1: so many requests are worked on at a time
     */
    public int size() {
        return lanes.size();
    }

    /**
     * Returns how many requests wait.
     *
     * @return those of all pipelines together that are not worked on yet
     */
    public int waitingRequests() {
        return lanes.stream().mapToInt(lane -> lane.pipeline().waitingRequests()).sum();
    }

    /**
     * Makes one picture with the model's defaults and a random seed.
     *
     * @param prompt what to show
     * @return the picture and how it was made
     * @throws wurstchen.UnfinishedRequestException as {@link #generate(PictureRequest)} does
     */
    public PictureResult generate(String prompt) {
        return generate(PictureRequest.builder(prompt).build());
    }

    /**
     * Makes the pictures of a request on this thread, as {@link Wurstchen#generate(PictureRequest)} does, with the pipeline that will be free
     * first. To use several pipelines, call it from several threads. A listener's own request is made by the pipeline that the listener
     * listens to.
     *
     * @param request what to make
     * @return the pictures, and how they were made
     * @throws IllegalArgumentException as that method does
     * @throws QueueFullException at once, if as many requests wait for each pipeline as may
     * @throws wurstchen.UnfinishedRequestException as that method does
     */
    public PictureResult generate(PictureRequest request) {
        Optional<Lane> inside = lanes.stream().filter(lane -> lane.pipeline().isOnThisThread()).findFirst();
        if (inside.isPresent()) {
            return inside.get().pipeline().generate(request);
        }
        return dispatch(request, (lane, work) -> {
            Throwable failure = null;
            try {
                return lane.pipeline().generate(request);
            } catch (RuntimeException | Error e) {
                failure = e;
                throw e;
            } finally {
                lane.finish(work, failure);
            }
        });
    }

    /**
     * Makes the pictures of a request on a thread of the pipeline's executor, as {@link Wurstchen#generateAsync(PictureRequest)} does, with the
     * pipeline that will be free first.
     *
     * @param request what to make
     * @return the pictures, and how they were made; cancelling it stops the request within a step
     * @throws IllegalArgumentException as that method does
     * @throws QueueFullException at once, if as many requests wait for each pipeline as may
     * @throws wurstchen.PipelineClosedException if the pipelines are closed
     */
    public CompletableFuture<PictureResult> generateAsync(PictureRequest request) {
        return dispatch(request, (lane, work) -> later(lane, work, () -> lane.pipeline().generateAsync(request)));
    }

    /**
     * Makes the pictures of a request on a thread of an executor, as {@link Wurstchen#generateAsync(PictureRequest, Executor)} does, with the
     * pipeline that will be free first.
     *
     * @param request what to make
     * @param executor as that method takes it; it should have a thread for each pipeline
     * @return the pictures, and how they were made; cancelling it stops the request within a step
     * @throws IllegalArgumentException as that method does
     * @throws QueueFullException at once, if as many requests wait for each pipeline as may
     * @throws wurstchen.PipelineClosedException if the pipelines are closed
     */
    public CompletableFuture<PictureResult> generateAsync(PictureRequest request, Executor executor) {
        checkNotNull(executor, "executor");
        return dispatch(request, (lane, work) -> later(lane, work, () -> lane.pipeline().generateAsync(request, executor)));
    }

    private interface Work<T> {
        T begin(Lane lane, double work);
    }

    private static CompletableFuture<PictureResult> later(
            Lane lane, double work, Supplier<CompletableFuture<PictureResult>> start) {
        CompletableFuture<PictureResult> future;
        try {
            future = start.get();
        } catch (RuntimeException | Error e) {
            lane.finish(work, e);
            throw e;
        }
        future.whenComplete((result, failure) -> lane.finish(work, failure));
        return future;
    }

    /** Begins with the pipeline that will be free first; with the next one, if that one lets no more requests wait. */
    private <T> T dispatch(PictureRequest request, Work<T> begin) {
        double work = work(request);
        List<Lane> left = new ArrayList<>(lanes);
        while (true) {
            Lane lane = take(left, work);
            try {
                return begin.begin(lane, work);
            } catch (QueueFullException e) {
                if (left.isEmpty()) {
                    throw e;
                }
            }
        }
    }

    /** Takes a lane out of a list and counts the work to it, before another thread chooses. */
    private synchronized Lane take(List<Lane> left, double work) {
        Lane first = left.stream().min(Comparator.comparingDouble(lane -> lane.end(work))).orElseThrow();
        left.remove(first);
        first.begin(work);
        return first;
    }

    private double work(PictureRequest request) {
        PictureSettings settings = request.settings(defaults());
        int steps = settings.stageCTimesteps().steps() + settings.stageBTimesteps().steps();
        return (double) request.pictures() * settings.width() * settings.height() * steps;
    }

    /**
     * Closes every pipeline, the last one first, all of them even if one fails, see {@link Wurstchen#close}. A second call does nothing.
     *
     * @throws wurstchen.WurstchenException if one fails to close
     */
    @Override
    public void close() {
        new ReverseCloser(NAME).close(lanes.stream().map(Lane::pipeline).toList()).throwFailure();
    }
}
