package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import wurstchen.image.LatentProjection;
import wurstchen.internal.RequestMemory;
import wurstchen.internal.RequestQueue;
import wurstchen.internal.RequestThread;
import wurstchen.internal.ReverseCloser;
import wurstchen.internal.StopSignal;
import wurstchen.progress.CascadeStage;
import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.Engine;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.SemanticCompressor;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;

/**
 * The Würstchen cascade: prompt → tokens → hidden states → Stage C → Stage B → Stage A → picture.
 *
 * <p>A seed gives the picture that diffusers' combined pipeline gives in float32 with a CPU generator of that seed: the source of the order
 * of the draws is WuerstchenCombinedPipeline.
 *
 * <p>One request is worked on at a time, because memory is taken for one; others wait, in the order of their arrival. A request is stopped
 * within a step by its {@link Cancellation}, its {@linkplain PictureRequest.Builder#deadline deadline}, an interrupt of its thread, its
 * future, or {@link #close}. Each way to end without all pictures is an {@link UnfinishedRequestException}, which hands over those that
 * were finished, and leaves the pipeline usable.
 *
 * <p>A service maps them to its own answers:
 *
 * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="errors"}
 *
 * <p>Thread-safe as far as its stages are; those of this project are. Close it to free the stages; a second close does nothing.
 */
public final class Wurstchen implements AutoCloseable {
    /** In messages. */
    private static final String NAME = "the pipeline";

    private final PictureDefaults defaults;
    private final CascadeParts parts;
    private final CascadeLoop loop;
    private final Executor executor;
    private final RequestQueue queue;
    private final RequestMemory memory;
    private final Set<Generation> generations = ConcurrentHashMap.newKeySet();
    private final List<AutoCloseable> resources;
    private volatile boolean closed;

    private Wurstchen(Builder builder) {
        LatentGeometry geometry = builder.set("geometry", builder.geometry);
        defaults = builder.set("defaults", builder.defaults);
        parts = new CascadeParts(builder);
        loop = new CascadeLoop(parts, geometry, builder.engine, builder.model);
        executor = builder.executor != null ? builder.executor : new RequestThread("wurstchen-request");
        queue = new RequestQueue(builder.maxWaitingRequests);
        memory = new RequestMemory(builder.maxMemory);
        resources = List.copyOf(builder.resources);
    }

    /**
     * Starts a pipeline from parts. With an exported model, the engine's module has a shorter way.
     *
     * @return a builder with nothing set
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns what is used where a request says nothing.
     *
     * @return the model's recommendation
     */
    public PictureDefaults defaults() {
        return defaults;
    }

    /**
     * Returns how sizes in px become latents.
     *
     * @return the model's geometry
     */
    public LatentGeometry geometry() {
        return loop.geometry();
    }

    /**
     * Returns the parts, for programs that run the stages themselves, and for other pipelines.
     *
     * @return parts that can be used until this pipeline is closed; closing one of them does nothing
     */
    public CascadeParts parts() {
        return parts.lent();
    }

    /**
     * Makes one picture with the model's defaults and a random seed.
     *
     * @param prompt what to show
     * @return the picture and how it was made
     * @throws UnfinishedRequestException as {@link #generate(PictureRequest)} does
     */
    public PictureResult generate(String prompt) {
        return generate(PictureRequest.builder(prompt).build());
    }

    /**
     * Encodes a prompt and the empty negative prompt, to be used by any number of requests. A request that
     * {@linkplain PictureRequest.Builder#stopAfter ends with the text} encodes others, says what was cut, and can be cancelled.
     *
     * {@snippet class="wurstchen.snippets.EncodedSnippetsTest" region="mix"}
     *
     * @param prompt what to show
     * @return its hidden states
     * @throws UnfinishedRequestException as {@link #generate(PictureRequest)} does
     */
    public EncodedPrompt encode(String prompt) {
        return generate(PictureRequest.builder(prompt).stopAfter(CascadeStage.TEXT).build()).encodedPrompts().get(0);
    }

    /**
     * Makes the pictures of a request on this thread. Waits for requests that came before; a listener may make another picture on its own
     * thread, which does not wait. An interrupt stops it, so tasks of executors can be cancelled:
     *
     * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="interrupt"}
     *
     * @param request what to make
     * @return the pictures, and how they were made
     * @throws IllegalArgumentException if the model cannot make that size, or so many pictures at a time, or the request needs more than
     *     {@link Builder#maxMemory}
     * @throws QueueFullException at once, if as many requests wait as may
     * @throws CancelledException if the request's {@link Cancellation} or an interrupt of this thread stops it; the thread stays interrupted
     * @throws DeadlineExceededException if it takes longer than its deadline allows
     * @throws PipelineClosedException if the pipeline is or gets closed
     * @throws RequestFailedException if a stage fails
     */
    public PictureResult generate(PictureRequest request) {
        return accept(request, true).call();
    }

    /**
     * Makes the pictures of a request on a thread of the pipeline's {@linkplain Builder#executor executor}, see
     * {@link #generateAsync(PictureRequest, Executor)}.
     *
     * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="future"}
     *
     * @param request what to make
     * @return the pictures, and how they were made
     * @throws IllegalArgumentException if the model cannot make that size, or so many pictures at a time, or the request needs more than
     *     {@link Builder#maxMemory}
     * @throws QueueFullException at once, if as many requests wait as may
     * @throws PipelineClosedException if the pipeline is closed
     */
    public CompletableFuture<PictureResult> generateAsync(PictureRequest request) {
        return generateAsync(request, executor);
    }

    /**
     * Makes the pictures of a request on a thread of an executor.
     *
     * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="cancelled-future"}
     *
     * <p>Cancelling the future stops the request within a step, as does completing it in any other way
     * ({@link CompletableFuture#orTimeout}); cancelling a future that depends on it does not. What depends on it runs on the executor's
     * thread unless its Async methods are used. A listener must not wait for a future of its own pipeline, which waits for the listener.
     *
     * @param request what to make
     * @param executor is given the request when it is the next in the queue; a request that it does not start holds up no other. It should
     *     have a thread to spare: a task that runs on the caller's thread makes the caller wait
     * @return the pictures and how they were made; fails as {@link #generate(PictureRequest)} does, or with the exception by which the
     *     executor rejects it
     * @throws IllegalArgumentException if the model cannot make that size, or so many pictures at a time, or the request needs more than
     *     {@link Builder#maxMemory}
     * @throws QueueFullException at once, if as many requests wait as may
     * @throws PipelineClosedException if the pipeline is closed
     */
    public CompletableFuture<PictureResult> generateAsync(PictureRequest request, Executor executor) {
        return accept(request, false).callBy(checkNotNull(executor, "executor"));
    }

    /** {@code inside}: whether a thread that is inside already goes on without waiting. */
    private Generation accept(PictureRequest request, boolean inside) {
        if (closed) {
            throw new PipelineClosedException(PipelineClosedException.MESSAGE, FinishedPictures.none(), null);
        }
        PictureSettings settings = request.settings(defaults);
        geometry().checkBatch(request.batchSize(), settings.height(), settings.width());
        int kept = request.consumer().isPresent() ? request.batchSize() : request.pictures();
        memory.check(geometry(), settings.width(), settings.height(), request.batchSize(), kept);
        CascadeInput.check(settings, parts, geometry(), loop.model());
        loop.checkLengths(settings);
        CascadeInput.checkPreviews(request.previews(), parts);
        Optional<RequestQueue.Ticket> ticket = inside && queue.enterAgain()
                ? Optional.empty()
                : Optional.of(queue.join().orElseThrow(() -> new QueueFullException(queue.waiting())));
        Generation generation = new Generation(this, request, settings, ticket);
        generations.add(generation);
        generation.listen();
        if (closed) {
            generation.stop(StopSignal.Reason.CLOSED);
        }
        return generation;
    }

    /**
     * Returns the length of the queue.
     *
     * @return how many requests wait for another to finish
     */
    public int waitingRequests() {
        return queue.waiting();
    }

    /**
     * Returns whether the calling thread is making pictures of this pipeline: true in a listener or consumer of a request, whose own requests
     * do not wait.
     *
     * @return whether {@link #generate(PictureRequest)} would go on at once, inside another request
     */
    public boolean isOnThisThread() {
        return queue.isInside();
    }

    RequestQueue queue() {
        return queue;
    }

    CascadeLoop loop() {
        return loop;
    }

    void ended(Generation generation) {
        generations.remove(generation);
    }

    void closeResources() {
        new ReverseCloser(NAME).close(resources).throwFailure();
    }

    /**
     * Closes every stage, the last one first, all of them even if one fails. A request in flight is stopped and throws a
     * {@link PipelineClosedException}, unless its last step is done; what it still uses is freed when it ends, which this does not wait for,
     * so that a listener may close its pipeline. Requests that wait for it do not begin. A second call does nothing.
     *
     * @throws WurstchenException if one fails to close
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        generations.forEach(generation -> generation.stop(StopSignal.Reason.CLOSED));
        ReverseCloser closer = new ReverseCloser(NAME).close(parts.toClose());
        if (queue.stagesClosed()) {
            closer.close(resources);
        }
        closer.throwFailure();
    }

    /** Collects the parts of a pipeline; all but the semantic compressor must be set, and the pipeline owns what can be closed. */
    public static final class Builder {
        @Nullable LatentGeometry geometry;
        @Nullable PictureDefaults defaults;
        @Nullable CosineSchedule scheduleC;
        @Nullable CosineSchedule scheduleB;
        @Nullable ClipTokenizer tokenizerC;
        @Nullable ClipTokenizer tokenizerB;
        @Nullable TextEncoder textEncoderC;
        @Nullable TextEncoder textEncoderB;
        @Nullable StageC stageC;
        @Nullable StageB stageB;
        @Nullable StageA stageA;
        @Nullable SemanticCompressor semanticCompressor;
        @Nullable ImageEncoder imageEncoder;
        @Nullable LatentProjection projectionC;
        @Nullable LatentProjection projectionB;
        private Engine engine = Engine.NONE;
        private CascadeLoop.ModelId model = new CascadeLoop.ModelId("", "");
        private @Nullable Executor executor;
        private int maxWaitingRequests = Integer.MAX_VALUE;
        private long maxMemory = RequestMemory.DEFAULT_MOST;
        private final List<AutoCloseable> resources = new ArrayList<>();

        private Builder() {}

        <T> T set(String name, @Nullable T value) {
            if (value == null) {
                throw new IllegalStateException(
                        name + " not set: a pipeline needs geometry, defaults, schedules, tokenizers, text encoders and stages");
            }
            return value;
        }

        /**
         * Sets how sizes in px become latents.
         *
         * @param value the model's geometry
         * @return this
         */
        public Builder geometry(LatentGeometry value) {
            geometry = checkNotNull(value, "geometry");
            return this;
        }

        /**
         * Sets what is used where a request says nothing.
         *
         * @param value the model's recommendation
         * @return this
         */
        public Builder defaults(PictureDefaults value) {
            defaults = checkNotNull(value, "defaults");
            return this;
        }

        /**
         * Sets the noise schedules.
         *
         * @param c Stage C's
         * @param b Stage B's
         * @return this
         */
        public Builder schedules(CosineSchedule c, CosineSchedule b) {
            scheduleC = checkNotNull(c, "stage C schedule");
            scheduleB = checkNotNull(b, "stage B schedule");
            return this;
        }

        /**
         * Sets the tokenizers.
         *
         * @param c of Stage C's text encoder
         * @param b of Stage B's text encoder
         * @return this
         */
        public Builder tokenizers(ClipTokenizer c, ClipTokenizer b) {
            tokenizerC = checkNotNull(c, "tokenizer C");
            tokenizerB = checkNotNull(b, "tokenizer B");
            return this;
        }

        /**
         * Sets the text encoders.
         *
         * @param c Stage C's
         * @param b Stage B's
         * @return this
         */
        public Builder textEncoders(TextEncoder c, TextEncoder b) {
            textEncoderC = checkNotNull(c, "text encoder C");
            textEncoderB = checkNotNull(b, "text encoder B");
            return this;
        }

        /**
         * Sets one tokenizer and text encoder for both stages: a prompt is encoded once.
         *
         * @param tokenizer prompt to token ids
         * @param encoder token ids to both stages' hidden states
         * @return this
         */
        public Builder textEncoder(ClipTokenizer tokenizer, TextEncoder encoder) {
            return tokenizers(tokenizer, tokenizer).textEncoders(encoder, encoder);
        }

        /**
         * Sets the stages.
         *
         * @param c makes Stage C latents from text
         * @param b makes Stage B latents from Stage C's
         * @param a makes pixels from Stage B latents
         * @return this
         */
        public Builder stages(StageC c, StageB b, StageA a) {
            stageC = checkNotNull(c, "stage C");
            stageB = checkNotNull(b, "stage B");
            stageA = checkNotNull(a, "stage A");
            return this;
        }

        /**
         * Sets what makes Stage C latents from pictures. Without one, requests that begin with a picture are refused.
         *
         * @param value the model's semantic compressor
         * @return this
         */
        public Builder semanticCompressor(SemanticCompressor value) {
            semanticCompressor = checkNotNull(value, "semantic compressor");
            return this;
        }

        /**
         * Sets what makes embeddings of image prompts. Without one, requests with image prompts are refused.
         *
         * @param value the model's image encoder
         * @return this
         */
        public Builder imageEncoder(ImageEncoder value) {
            imageEncoder = checkNotNull(value, "image encoder");
            return this;
        }

        /**
         * Sets which model it is: what the pictures' metadata says. Default: both empty.
         *
         * @param name the model's name, for people
         * @param sha256 identifies the model, such as the SHA-256 of its manifest
         * @return this
         */
        public Builder model(String name, String sha256) {
            model = new CascadeLoop.ModelId(checkNotNull(name, "model name"), checkNotNull(sha256, "SHA-256 of the model"));
            return this;
        }

        /**
         * Sets what shows latents as small pictures. Without, previews go through Stages B and A.
         *
         * @param c Stage C's
         * @param b Stage B's
         * @return this
         */
        public Builder projections(LatentProjection c, LatentProjection b) {
            projectionC = checkNotNull(c, "projection C");
            projectionB = checkNotNull(b, "projection B");
            return this;
        }

        /**
         * Sets what the stages stand on; {@link Engine#NONE} if not set.
         *
         * @param value counts transfers and stops computations for the stages of this pipeline
         * @return this
         */
        public Builder engine(Engine value) {
            engine = checkNotNull(value, "engine");
            return this;
        }

        /**
         * Sets who runs requests of {@link Wurstchen#generateAsync(PictureRequest)}. Default: one daemon thread of the pipeline's own, which
         * ends when it has nothing to do.
         *
         * @param value as {@link Wurstchen#generateAsync(PictureRequest, Executor)} takes it; not shut down by the pipeline
         * @return this
         */
        public Builder executor(Executor value) {
            executor = checkNotNull(value, "executor");
            return this;
        }

        /**
         * Sets how many requests may wait while another is worked on; one more gets a {@link QueueFullException} at once. Default: any
         * number.
         *
         * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="queue"}
         *
         * @param most at least 0, which lets none wait
         * @return this
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxWaitingRequests(int most) {
            checkArgument(most >= 0, "waiting requests must be at least 0, got %s; 0 lets none wait", most);
            maxWaitingRequests = most;
            return this;
        }

        /**
         * Sets how much memory a request may need for its noise, latents and pixels and for the pictures that its result keeps. It is
         * estimated before the request waits; one that needs more is refused with an IllegalArgumentException. Weights, and what the
         * model's networks need while they compute, are not counted. Default: 8 GiB.
         *
         * @param bytes at least 1
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder maxMemory(long bytes) {
            checkArgument(bytes >= 1, "the memory of a request must be at least 1 byte, got %s", bytes);
            maxMemory = bytes;
            return this;
        }

        /**
         * Adds something that the stages stand on, to be closed after them.
         *
         * @param resource closed once, by the pipeline's close, or by the request in flight when it ends
         * @return this
         */
        public Builder owning(AutoCloseable resource) {
            resources.add(checkNotNull(resource, "resource"));
            return this;
        }

        /**
         * Builds the pipeline.
         *
         * @return a pipeline that owns its encoders, stages and resources
         * @throws IllegalStateException if a part is not set
         */
        public Wurstchen build() {
            return new Wurstchen(this);
        }
    }
}
