package wurstchen.spark;

import static com.google.common.base.Preconditions.checkArgument;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import wurstchen.WurstchenException;

/**
 * Where pictures go: a table in a folder, or files beside a table. Immutable.
 *
 * @param folder as Hadoop's file systems name it
 * @param format of the table
 */
record PictureTable(String folder, Format format) {
    private static final StructType KEYS =
            new StructType().add(PictureColumns.ROW_ID, DataTypes.StringType).add(PictureColumns.MODEL, DataTypes.StringType);

    /** How pictures are kept. */
    enum Format {
        /** Parquet files with the pictures' bytes. */
        PARQUET("parquet"),
        /** Files of JSON objects, one a line, with the pictures' bytes in base 64. */
        JSON("json"),
        /** PNG files in {@code pictures}, and {@code index}, JSON lines with their names. */
        PNG("json");

        private final String spark;

        Format(String spark) {
            this.spark = spark;
        }

        static Format of(String name) {
            for (Format format : values()) {
                if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return format;
                }
            }
            throw new IllegalArgumentException("unknown format '" + name + "': there are parquet, json (one object a line) and png (files beside"
                    + " an index of JSON lines)");
        }
    }

    /** Returns the folder of the table. */
    private String table() {
        return format == Format.PNG ? folder + "/index" : folder;
    }

    /** Returns where the picture files go, if they are files. */
    Optional<PictureFiles> files() {
        return format == Format.PNG ? Optional.of(new PictureFiles(folder)) : Optional.empty();
    }

    /**
     * Reads which rows are there.
     *
     * @return the rows' ids and their models; empty if there is no table yet
     * @throws WurstchenException if there is something else
     */
    Optional<Dataset<Row>> finished(SparkSession spark) {
        try {
            Path path = new Path(table());
            FileSystem files = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
            if (!files.exists(path)) {
                return Optional.empty();
            }
            boolean empty = true;
            for (FileStatus file : files.listStatus(path)) {
                empty &= file.getPath().getName().startsWith("_") || file.getPath().getName().startsWith(".");
            }
            return empty ? Optional.empty() : Optional.of(read(spark));
        } catch (IOException e) {
            throw new WurstchenException("cannot read the folder " + folder + ": " + e.getMessage() + "; give another --out", e);
        }
    }

    private Dataset<Row> read(SparkSession spark) {
        Dataset<Row> found = spark.read().schema(KEYS).format(format.spark).load(table());
        // Files of another kind have neither column.
        checkArgument(
                found.filter(found.col(PictureColumns.ROW_ID).isNull().or(found.col(PictureColumns.MODEL).isNull())).isEmpty(),
                "%s has a table that this program has not written; give another --out",
                folder);
        return found;
    }

    /** Adds rows, all of them or none, as Spark commits the tasks of a job. */
    void append(Dataset<Row> pictures) {
        pictures.write().mode(SaveMode.Append).format(format.spark).save(table());
    }
}
