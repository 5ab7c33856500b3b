package wurstchen.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Writes pictures as files, {@code pictures/ab/abcd....png} of the row's id, whose rows then have the file's name instead of its bytes. A task
 * that is repeated writes the same files again. Immutable.
 *
 * @param folder as Hadoop's file systems name it
 */
record PictureFiles(String folder) implements Serializable {
    private static final String FILE = "file";

    /** Returns the schema of rows that have a file's name in place of a picture's bytes. */
    static StructType schema(StructType pictures) {
        StructType schema = new StructType();
        for (var field : pictures.fields()) {
            schema = field.name().equals(PictureColumns.PICTURE) ? schema.add(FILE, DataTypes.StringType) : schema.add(field);
        }
        return schema;
    }

    /** Writes the picture of a row, on an executor; the file appears whole or not at all. */
    Row write(Row row, StructType schema) {
        int picture = schema.fieldIndex(PictureColumns.PICTURE);
        Object[] values = new Object[row.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.get(i);
        }
        if (values[picture] instanceof byte[] png) {
            values[picture] = write(row.getString(schema.fieldIndex(PictureColumns.ROW_ID)), png);
        }
        return RowFactory.create(values);
    }

    private String write(String rowId, byte[] png) {
        String name = "pictures/" + rowId.substring(0, 2) + "/" + rowId + ".png";
        Path file = new Path(folder, name);
        Path half = new Path(file.getParent(), "." + rowId + "-" + UUID.randomUUID());
        try {
            FileSystem files = file.getFileSystem(SparkHadoopUtil.get().conf());
            files.setWriteChecksum(false); // no file of check sums beside each picture
            try (FSDataOutputStream out = files.create(half)) {
                out.write(png);
            }
            files.delete(file, false);
            if (!files.rename(half, file)) {
                files.delete(half, false);
                if (!files.exists(file)) { // else another attempt of the task has just written it
                    throw new IOException("a file cannot be renamed to it");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage() + "; is there room, and may the executors write?", e);
        }
        return name;
    }
}
