package wurstchen.spark;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;
import wurstchen.WurstchenException;
import wurstchen.onnx.ModelBundle;

/**
 * Where each machine has the model: in the job's jar, in a folder, or in a zip file that Spark brings. Immutable.
 *
 * @param name a folder or zip file on every machine, or the name of what {@code --files} or {@code --archives} brought; empty for the model in
 *     the box
 */
public record ModelPlace(String name) implements Serializable {
    /** The class-path folder of the model in the box. */
    private static final String RESOURCE = "wurstchen/model";

    /** Checks that there is a name. */
    public ModelPlace {
        checkNotNull(name, "model");
    }

    /**
     * Returns the small model that is in the job's jar.
     *
     * @return the miniature
     */
    public static ModelPlace inTheBox() {
        return new ModelPlace("");
    }

    /**
     * Returns a model that is not in the jar.
     *
     * @param name a folder or zip file at the same place of every machine, or the name of a file that {@code --files} or {@code --archives}
     *     brought
     * @return the model
     * @throws IllegalArgumentException if it is empty
     */
    public static ModelPlace of(String name) {
        checkArgument(!name.isBlank(), "no name of a model: give a folder, a zip file, or nothing for the model in the box");
        return new ModelPlace(name);
    }

    /** Opens the model on this machine. Its files are hashed once a machine: the library records what it has verified. */
    ModelBundle open() {
        if (name.isEmpty()) {
            return ModelBundle.openResource(ModelPlace.class, RESOURCE);
        }
        Path found = find();
        return ModelBundle.open(Files.isDirectory(found) ? found : ModelArchive.unpack(found));
    }

    private Path find() {
        try {
            // Without a Spark environment there are no such files.
            Path brought = SparkEnv.get() == null ? Path.of(name) : Path.of(SparkFiles.get(name));
            Path found = Files.exists(brought) ? brought : Path.of(name).toAbsolutePath();
            if (Files.exists(found)) {
                return found;
            }
        } catch (InvalidPathException e) {
            throw new WurstchenException("no model: '" + name + "' is no file name: " + e.getReason(), e);
        }
        throw new WurstchenException("no model '" + name + "' on this machine: expected a folder or zip file of that name, or a file that --files"
                + " or --archives brought; copy it to every machine, or name it in --files");
    }
}
