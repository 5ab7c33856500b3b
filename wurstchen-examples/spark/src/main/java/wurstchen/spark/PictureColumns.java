package wurstchen.spark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import wurstchen.DroppedText;
import wurstchen.GeneratedPicture;
import wurstchen.PictureMetadata;
import wurstchen.PictureOrigin;
import wurstchen.PictureResult;
import wurstchen.image.Png;

/** The columns that a row gets beside its own. */
final class PictureColumns {
    /** Identifies a row of the table of prompts by what it says. */
    static final String ROW_ID = "row_id";

    static final String PICTURE = "picture";
    static final String ERROR = "error";
    static final String MODEL = "model_sha256";

    private static final StructType ADDED = new StructType()
            .add(PICTURE, DataTypes.BinaryType)
            .add("picture_sha256", DataTypes.StringType)
            .add("picture_seed", DataTypes.LongType)
            .add("picture_width", DataTypes.IntegerType)
            .add("picture_height", DataTypes.IntegerType)
            .add("picture_settings", DataTypes.StringType)
            .add("dropped_text", DataTypes.StringType)
            .add(ERROR, DataTypes.StringType)
            .add(MODEL, DataTypes.StringType);

    private PictureColumns() {}

    /**
     * Returns the schema of a table of pictures.
     *
     * @throws IllegalArgumentException if the prompts have a column of the same name
     */
    static StructType schema(StructType prompts) {
        Set<String> taken = new LinkedHashSet<>(Sets.intersection(Set.of(ADDED.fieldNames()), Set.of(prompts.fieldNames())));
        checkArgument(
                taken.isEmpty(),
                "the table of prompts has columns that the pictures get, %s; rename or drop them",
                taken.stream().sorted().collect(Collectors.joining(", ")));
        StructType schema = prompts;
        for (var field : ADDED.fields()) {
            schema = schema.add(field);
        }
        return schema;
    }

    /**
     * Returns the row of a picture. Its file says everything but the device, which may be another one each time.
     *
     * @param model the SHA-256 of the model's manifest
     */
    static Row made(Row prompt, GeneratedPicture picture, PictureResult result, String model) {
        PictureOrigin origin = picture.metadata().origin();
        PictureMetadata metadata = new PictureMetadata(
                picture.settings(), new PictureOrigin(origin.model(), origin.modelSha256(), "", origin.batchSize(), origin.library()));
        byte[] png = new Png(picture.picture(), metadata.toText()).toBytes();
        return row(
                prompt,
                png,
                picture.picture().sha256(),
                picture.settings().seed(),
                picture.settings().width(),
                picture.settings().height(),
                metadata.toJson(),
                dropped(picture, result),
                null,
                model);
    }

    /** What the text encoder that reads the least has not read of the picture's prompts. */
    private static @Nullable String dropped(GeneratedPicture picture, PictureResult result) {
        Set<String> prompts = new HashSet<>(List.of(picture.settings().prompt(), picture.settings().negativePrompt()));
        return result.droppedTexts().stream()
                .filter(text -> prompts.contains(text.prompt()))
                .map(DroppedText::dropped)
                .max(Comparator.comparingInt(String::length))
                .orElse(null);
    }

    /** Returns the row of a prompt of which no picture can be made. */
    static Row refused(Row prompt, String error, String model) {
        return row(prompt, null, null, null, null, null, null, null, error, model);
    }

    private static Row row(Row prompt, @Nullable Object... added) {
        List<@Nullable Object> values = new ArrayList<>(prompt.size() + added.length);
        for (int i = 0; i < prompt.size(); i++) {
            values.add(prompt.get(i));
        }
        Collections.addAll(values, added);
        return RowFactory.create(values.toArray());
    }
}
