package wurstchen.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.Row;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.text.Prompt;

/**
 * The rows of a partition with their pictures, in their order. While a batch's pictures are encoded and written, the next batch is made. For one
 * thread.
 */
final class GeneratedRows implements Iterator<Row> {
    private static final long LOOK_FOR_KILLS_MILLIS = 200;

    private final Batches batches;
    private final PromptColumns columns;
    private final Wurstchen pipeline;
    private final String model;
    private final boolean strict;
    private final BooleanSupplier killed;
    private final Deque<Row> finished = new ArrayDeque<>();
    private Optional<Pending> pending = Optional.empty();

    /** {@code killed}: whether nobody wants the rows any more. */
    GeneratedRows(Batches batches, PromptColumns columns, Wurstchen pipeline, String model, boolean strict, BooleanSupplier killed) {
        this.batches = batches;
        this.columns = columns;
        this.pipeline = pipeline;
        this.model = model;
        this.strict = strict;
        this.killed = killed;
    }

    /** Rows whose pictures are being made. */
    private record Pending(List<Row> rows, CompletableFuture<PictureResult> result) {}

    @Override
    public boolean hasNext() {
        while (finished.isEmpty()) {
            if (pending.isEmpty()) {
                if (!batches.hasNext()) {
                    return false;
                }
                pending = Optional.of(begin(batches.next()));
            }
            finish(pending.get());
        }
        return true;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return finished.remove();
    }

    /** Stops what is being made. */
    void cancel() {
        pending.ifPresent(batch -> batch.result().cancel(true));
    }

    /** A batch that is refused at once is as one that is refused later. */
    private Pending begin(List<Row> rows) {
        try {
            return new Pending(rows, pipeline.generateAsync(request(rows)));
        } catch (IllegalArgumentException e) {
            return new Pending(rows, CompletableFuture.failedFuture(e));
        }
    }

    private PictureRequest request(List<Row> rows) {
        if (rows.size() == 1) {
            return columns.request(rows.get(0));
        }
        List<Prompt> prompts = rows.stream()
                .map(columns::request)
                .map(request -> new Prompt(request.prompt(), request.negativePrompt(), OptionalLong.of(request.seed().orElseThrow())))
                .toList();
        return columns.request(rows.get(0)).toBuilder().prompts(prompts).batchSize(rows.size()).build();
    }

    private void finish(Pending batch) {
        try {
            PictureResult result = await(batch.result());
            pending = batches.hasNext() ? Optional.of(begin(batches.next())) : Optional.empty();
            for (int i = 0; i < batch.rows().size(); i++) {
                finished.add(PictureColumns.made(batch.rows().get(i), result.pictures().get(i), result, model));
            }
        } catch (IllegalArgumentException e) {
            pending = Optional.empty();
            if (batch.rows().size() == 1) {
                finished.add(refused(batch.rows().get(0), e));
            } else {
                alone(batch.rows());
            }
        }
    }

    /** One row of the batch cannot be made; which one, each says when it is made alone. */
    private void alone(List<Row> rows) {
        for (Row row : rows) {
            try {
                PictureResult result = await(pipeline.generateAsync(columns.request(row)));
                finished.add(PictureColumns.made(row, result.first(), result, model));
            } catch (IllegalArgumentException e) {
                finished.add(refused(row, e));
            }
        }
    }

    private Row refused(Row row, RuntimeException why) {
        if (strict) {
            throw new IllegalArgumentException(PictureGenerator.badRow(row, why), why);
        }
        return PictureColumns.refused(row, String.valueOf(why.getMessage()), model);
    }

    private PictureResult await(CompletableFuture<PictureResult> result) {
        try {
            while (true) {
                try {
                    return result.get(LOOK_FOR_KILLS_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (killed.getAsBoolean()) {
                        result.cancel(true);
                        throw new WurstchenException("Spark has killed this task", e);
                    }
                }
            }
        } catch (InterruptedException e) {
            result.cancel(true);
            Thread.currentThread().interrupt();
            throw new WurstchenException("interrupted while pictures were made", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new WurstchenException("pictures were not made: " + e.getCause(), e);
        }
    }

    /** Rows one after the other that have the same values but for prompts and seeds, as many as a batch takes. */
    static final class Batches implements Iterator<List<Row>> {
        private final Iterator<Row> rows;
        private final PromptColumns columns;
        private final int size;
        private Optional<Row> first = Optional.empty();

        Batches(Iterator<Row> rows, PromptColumns columns, int size) {
            this.rows = rows;
            this.columns = columns;
            this.size = size;
        }

        @Override
        public boolean hasNext() {
            return first.isPresent() || rows.hasNext();
        }

        @Override
        public List<Row> next() {
            List<Row> batch = new ArrayList<>();
            Row row = first.orElseGet(rows::next);
            first = Optional.empty();
            String group = columns.group(row);
            batch.add(row);
            while (batch.size() < size && first.isEmpty() && rows.hasNext()) {
                Row following = rows.next();
                if (columns.group(following).equals(group)) {
                    batch.add(following);
                } else {
                    first = Optional.of(following);
                }
            }
            return batch;
        }
    }
}
