package wurstchen.spark;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.onnx.Device;

/**
 * Makes a picture for each row of a table, for jobs of one's own:
 *
 * <pre>{@code
 * PictureGenerator generator = PictureGenerator.builder().model(ModelPlace.of("/models/wuerstchen-v2")).batchSize(8).build();
 * Dataset<Row> pictures = generator.generate(prompts);
 * }</pre>
 *
 * <p>Columns whose names are those of a request's values ({@link PictureRequest#valueNames}, with underscores or hyphens) decide what
 * a picture looks like; {@code prompt} must be there, null leaves a value to the model. A row without a seed gets one that is made of the row's
 * contents. Every column is kept, and these are added:
 *
 * <ul>
 *   <li>{@code row_id}: a SHA-256 of the row's contents and the {@linkplain Builder#defaults defaults};
 *   <li>{@code picture}: a PNG file that says how it was made, without the device, so that every machine writes the same bytes;
 *   <li>{@code picture_sha256} of the pixels, {@code picture_seed}, {@code picture_width}, {@code picture_height}, and
 *       {@code picture_settings}, the JSON of {@link wurstchen.PictureMetadata};
 *   <li>{@code dropped_text}: what of the prompts was too long to be read; null if nothing was;
 *   <li>{@code error}: why no picture can be made of the row; null if it was;
 *   <li>{@code model_sha256}.
 * </ul>
 *
 * <p>Immutable, and serialisable: Spark takes it to the executors, which open the model when their first task needs it and keep it open.
 */
public final class PictureGenerator implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ModelPlace model;
    private final TaskDevice device;
    private final int batchSize;
    private final boolean strict;
    private final TreeMap<String, String> defaults;

    private PictureGenerator(Builder builder) {
        model = builder.model;
        device = builder.device;
        batchSize = builder.batchSize;
        strict = builder.strict;
        defaults = new TreeMap<>(builder.defaults);
    }

    /**
     * Starts a generator of the model in the box, one picture at a time, on the device that Spark gives to a task.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Adds pictures to a table, when the result is asked for. Rows keep their partitions and their order; rows that follow each other and differ
     * in prompts and seeds only are made in batches.
     *
     * @param prompts one row for each picture
     * @return the table with the columns above
     * @throws IllegalArgumentException if there is no column {@code prompt}, a value has two columns, or a column has the name of one that is
     *     added
     */
    public Dataset<Row> generate(Dataset<Row> prompts) {
        Dataset<Row> rows = withRowIds(prompts);
        StructType schema = rows.schema();
        PromptColumns columns = columns(schema);
        return rows.mapPartitions(
                (MapPartitionsFunction<Row, Row>) partition -> pictures(partition, columns), Encoders.row(PictureColumns.schema(schema)));
    }

    Dataset<Row> withRowIds(Dataset<Row> prompts) {
        checkArgument(
                !Arrays.asList(prompts.columns()).contains(PictureColumns.ROW_ID),
                "the table of prompts has a column '%s', which the pictures get; rename or drop it",
                PictureColumns.ROW_ID);
        Column[] sorted = Arrays.stream(prompts.columns()).sorted().map(name -> prompts.col("`" + name + "`")).toArray(Column[]::new);
        Column contents = functions.concat(functions.to_json(functions.struct(sorted)), functions.lit(defaults.toString()));
        return prompts.withColumn(PictureColumns.ROW_ID, functions.sha2(contents.cast(DataTypes.BinaryType), 256));
    }

    PromptColumns columns(StructType schema) {
        return new PromptColumns(schema, defaults);
    }

    ModelPlace model() {
        return model;
    }

    int batchSize() {
        return batchSize;
    }

    boolean strict() {
        return strict;
    }

    /** Returns the rows of a partition with their pictures, on an executor. */
    Iterator<Row> pictures(Iterator<Row> partition, PromptColumns columns) {
        TaskContext task = TaskContext.get();
        ExecutorModel open = ExecutorModel.of(model);
        Device chosen = device.of(task);
        Wurstchen pipeline = open.borrow(chosen);
        GeneratedRows rows = new GeneratedRows(
                new GeneratedRows.Batches(partition, columns, batchSize),
                columns,
                pipeline,
                open.bundle().manifestSha256(),
                strict,
                task == null ? () -> false : task::isInterrupted);
        if (task != null) {
            task.addTaskCompletionListener(ended -> {
                rows.cancel();
                open.giveBack(chosen, pipeline);
            });
        }
        return rows;
    }

    static String badRow(Row row, Exception why) {
        return "no picture can be made of the row " + row.json() + ": " + why.getMessage() + "; correct the row, or leave out --strict to get an"
                + " error in the row instead";
    }

    /** Collects what a generator needs. */
    public static final class Builder {
        private ModelPlace model = ModelPlace.inTheBox();
        private TaskDevice device = new TaskDevice("auto");
        private int batchSize = 1;
        private boolean strict;
        private Map<String, String> defaults = Map.of();

        private Builder() {}

        /**
         * Sets the model. Default: the one in the box.
         *
         * @param value where each machine has it
         * @return this
         */
        public Builder model(ModelPlace value) {
            model = checkNotNull(value, "model");
            return this;
        }

        /**
         * Sets where a task's pictures are made. Default: {@code auto}, which is the GPU that Spark gives to the task as resource {@code gpu}, or
         * the CPU with as many threads as the task has cores ({@code spark.task.cpus}).
         *
         * @param name {@code auto}, {@code cpu}, {@code cpu:THREADS}, {@code cuda} or {@code cuda:N}
         * @return this
         * @throws IllegalArgumentException if there is no such device
         */
        public Builder device(String name) {
            device = new TaskDevice(name);
            return this;
        }

        /**
         * Sets how many pictures are made at a time. Default: 1, where a picture does not depend on others; more may change a pixel by 1.
         *
         * @param value 1 to 1000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder batchSize(int value) {
            checkArgument(value >= 1 && value <= 1000, "the batch size must be 1 to 1000, got %s", value);
            batchSize = value;
            return this;
        }

        /**
         * Sets whether a row of which no picture can be made fails its task. Default: false, the row has an error instead.
         *
         * @param value whether it does
         * @return this
         */
        public Builder strict(boolean value) {
            strict = value;
            return this;
        }

        /**
         * Sets values of rows that have none of their own. Default: none, the model's.
         *
         * @param values names as {@link PictureRequest#valueNames} has them, such as {@code stage-c-steps}, to values
         * @return this
         * @throws IllegalArgumentException if one is unknown, malformed or out of range
         */
        public Builder defaults(Map<String, String> values) {
            PictureRequest.builder("").values(values);
            defaults = Map.copyOf(values);
            return this;
        }

        /**
         * Builds the generator.
         *
         * @return a generator
         */
        public PictureGenerator build() {
            return new PictureGenerator(this);
        }
    }
}
