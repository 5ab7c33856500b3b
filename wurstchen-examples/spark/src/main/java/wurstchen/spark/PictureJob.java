package wurstchen.spark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.Iterators;
import com.google.common.collect.Lists;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * Makes the missing pictures of a table. Rows get their places by what they say, never by how the table is split: sorted by settings and id,
 * {@code rowsPerTask} of them are a task, and batches begin anew in each task. A task's rows are committed together or not at all, and a round of
 * tasks after the other, so that a job that is ended keeps the rounds before.
 */
final class PictureJob {
    private static final String GROUP = "wurstchen_group";
    private static final String PLACE = "wurstchen_place";

    private final SparkSession spark;
    private final PictureGenerator generator;
    private final PictureTable out;
    private final int rowsPerTask;
    private final int tasksPerRound;

    /**
     * Creates a job that has not begun.
     *
     * @param rowsPerTask is rounded up to whole batches
     * @param rowsPerCommit is rounded up to whole tasks
     */
    PictureJob(SparkSession spark, PictureGenerator generator, PictureTable out, int rowsPerTask, int rowsPerCommit) {
        this.spark = spark;
        this.generator = generator;
        this.out = out;
        this.rowsPerTask = (rowsPerTask + generator.batchSize() - 1) / generator.batchSize() * generator.batchSize();
        this.tasksPerRound = (rowsPerCommit + this.rowsPerTask - 1) / this.rowsPerTask;
    }

    /**
     * What a job has done.
     *
     * @param found rows that were there before
     * @param made rows with a picture
     * @param refused rows with an error
     */
    record Outcome(long found, long made, long refused) {}

    /**
     * Makes what is missing.
     *
     * @param prompts rows that say the same count once
     * @param progress is told how many rows there are to make, before the first one is
     */
    Outcome run(Dataset<Row> prompts, Progress progress) {
        Dataset<Row> rows = generator.withRowIds(prompts);
        PromptColumns columns = generator.columns(rows.schema());
        StructType pictures = PictureColumns.schema(rows.schema());
        String model = modelOfExecutors();
        Dataset<Row> placed = place(rows.dropDuplicates(PictureColumns.ROW_ID), columns).persist(StorageLevel.MEMORY_AND_DISK());
        try {
            long all = placed.count();
            checkArgument(all > 0, "the table of prompts has no rows; give another --prompts");
            if (generator.strict()) {
                check(placed, columns);
            }
            Dataset<Row> missing = missing(placed, model);
            Map<Long, Long> tasks = tasks(missing);
            long toDo = tasks.values().stream().mapToLong(Long::longValue).sum();
            progress.begin(all - toDo, toDo);
            for (List<Long> round : Lists.partition(List.copyOf(tasks.keySet()), tasksPerRound)) {
                append(missing, round, columns, pictures, progress);
            }
            return new Outcome(all - toDo, progress.made(), progress.refused());
        } finally {
            placed.unpersist();
        }
    }

    /** Opens the model on an executor, before anything is planned: a machine that has none says so at once. */
    private String modelOfExecutors() {
        ModelPlace model = generator.model();
        return JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(List.of(0), 1)
                .map(one -> ExecutorModel.of(model).bundle().manifestSha256())
                .first();
    }

    private Dataset<Row> place(Dataset<Row> rows, PromptColumns columns) {
        Column[] all = Arrays.stream(rows.columns()).map(name -> rows.col("`" + name + "`")).toArray(Column[]::new);
        Column group = functions.udf((UDF1<Row, String>) columns::group, DataTypes.StringType).apply(functions.struct(all));
        Dataset<Row> sorted = rows.withColumn(GROUP, group).orderBy(GROUP, PictureColumns.ROW_ID).drop(GROUP);
        JavaRDD<Row> placed = sorted.javaRDD().zipWithIndex().map(row -> {
            Object[] values = new Object[row._1().size() + 1];
            for (int i = 0; i < values.length - 1; i++) {
                values[i] = row._1().get(i);
            }
            values[values.length - 1] = row._2();
            return RowFactory.create(values);
        });
        return spark.createDataFrame(placed, rows.schema().add(PLACE, DataTypes.LongType));
    }

    private Dataset<Row> missing(Dataset<Row> placed, String model) {
        return out.finished(spark)
                .map(found -> {
                    List<Row> other = found.filter(found.col(PictureColumns.MODEL).notEqual(model)).takeAsList(1);
                    checkArgument(
                            other.isEmpty(),
                            "%s has pictures of another model: expected %s, found %s; give another --out, or that model",
                            out.folder(),
                            model,
                            other.isEmpty() ? "" : other.get(0).getString(1));
                    return placed.join(found.select(PictureColumns.ROW_ID).distinct(), placed.col(PictureColumns.ROW_ID).equalTo(
                            found.col(PictureColumns.ROW_ID)), "left_anti");
                })
                .orElse(placed)
                .persist(StorageLevel.MEMORY_AND_DISK());
    }

    /** Returns the numbers of the tasks that have missing rows, with how many, in their order. */
    private Map<Long, Long> tasks(Dataset<Row> missing) {
        long size = rowsPerTask;
        List<Row> counts = missing.groupBy(functions.floor(missing.col(PLACE).divide(size)).alias("task")).count().collectAsList();
        return counts.stream().collect(Collectors.toMap(row -> row.getLong(0), row -> row.getLong(1), (one, other) -> one, TreeMap::new));
    }

    private void append(Dataset<Row> missing, List<Long> round, PromptColumns columns, StructType pictures, Progress progress) {
        long first = round.get(0);
        long last = round.get(round.size() - 1);
        int place = missing.schema().fieldIndex(PLACE);
        Dataset<Row> rows = missing.filter(missing.col(PLACE).between(first * rowsPerTask, (last + 1) * rowsPerTask - 1));
        JavaPairRDD<Long, Row> places = rows.javaRDD().mapToPair(row -> new Tuple2<>(row.getLong(place), withoutLast(row)));
        PictureGenerator made = generator;
        Progress.Counts counts = progress.counts();
        int error = pictures.fieldIndex(PictureColumns.ERROR);
        JavaRDD<Row> result = places.repartitionAndSortWithinPartitions(new Tasks(round, rowsPerTask))
                .values()
                .mapPartitions(partition -> counted(made.pictures(partition, columns), counts, error));
        StructType schema = pictures;
        if (out.files().isPresent()) {
            PictureFiles files = out.files().get();
            result = result.map(row -> files.write(row, pictures));
            schema = PictureFiles.schema(pictures);
        }
        out.append(spark.createDataFrame(result, schema));
    }

    private static Iterator<Row> counted(Iterator<Row> rows, Progress.Counts counts, int error) {
        return Iterators.transform(rows, row -> {
            counts.add(row.isNullAt(error));
            return row;
        });
    }

    private static Row withoutLast(Row row) {
        Object[] values = new Object[row.size() - 1];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.get(i);
        }
        return RowFactory.create(values);
    }

    /** Looks at every row before anything is made. */
    private void check(Dataset<Row> placed, PromptColumns columns) {
        ModelPlace model = generator.model();
        Dataset<String> wrong = placed.map((MapFunction<Row, String>) row -> problem(row, columns, model), Encoders.STRING())
                .filter("value <> ''");
        List<String> first = wrong.takeAsList(1);
        checkArgument(first.isEmpty(), "%s", first.isEmpty() ? "" : first.get(0));
    }

    private static String problem(Row row, PromptColumns columns, ModelPlace model) {
        try {
            var manifest = ExecutorModel.of(model).bundle().manifest();
            var settings = columns.request(row).settings(manifest.defaults());
            manifest.geometry().checkSize(settings.height(), settings.width());
            return "";
        } catch (IllegalArgumentException e) {
            return PictureGenerator.badRow(row, e);
        }
    }

    /** Brings the rows of each task together: place / rows of a task is its number, of which some are in a round. */
    private static final class Tasks extends Partitioner {
        private static final long serialVersionUID = 1L;

        private final long[] numbers;
        private final long rows;

        Tasks(List<Long> numbers, long rows) {
            this.numbers = numbers.stream().mapToLong(Long::longValue).toArray();
            this.rows = rows;
        }

        @Override
        public int numPartitions() {
            return numbers.length;
        }

        @Override
        public int getPartition(Object place) {
            return Arrays.binarySearch(numbers, (Long) place / rows);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Tasks that && Arrays.equals(numbers, that.numbers) && rows == that.rows;
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(numbers) + Long.hashCode(rows);
        }
    }
}
