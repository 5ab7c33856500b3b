package wurstchen.examples.cli.list;

import com.google.common.collect.Maps;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import wurstchen.PictureMetadata;
import wurstchen.PictureRequest;
import wurstchen.WurstchenException;

/** Reads a list of prompts: one a line, or one JSON object a line with values under the names of the options. Empty lines count for nothing. */
public final class PictureList {
    /** In place of a file's name: standard input. */
    public static final String STANDARD_INPUT = "-";

    /** What metadata says beside the request: that the same line can be made again is no reason to refuse it. */
    private static final Set<String> BESIDE_THE_REQUEST =
            Set.of("model", "model-sha256", "device", "batch-size", "library-version", "file", "made");

    private static final String BYTE_ORDER_MARK = "\ufeff";

    private final String name;
    private final PictureRequest base;

    private PictureList(String name, PictureRequest base) {
        this.name = name;
        this.base = base;
    }

    /**
     * Reads a list, all of it before anything is made.
     *
     * @param source a file, or {@value #STANDARD_INPUT}
     * @param base what the options ask for; a line's own values come first. Every line makes as many pictures as it asks for, with seed + i
     * @param out names the files: the line's number of four digits or more is put before its extension, and a picture's, if there are several
     * @return one or more for each line, in order
     * @throws WurstchenException if it cannot be read, or has no line
     * @throws IllegalArgumentException naming the line and what is wrong with it
     */
    public static List<ListedPicture> read(Path folder, String source, PictureRequest base, Path out) {
        String name = source.equals(STANDARD_INPUT) ? "standard input" : folder.resolve(source).toString();
        return new PictureList(name, base).read(text(folder, source, name), out);
    }

    private static String text(Path folder, String source, String name) {
        try {
            byte[] bytes = source.equals(STANDARD_INPUT) ? readAll(System.in) : Files.readAllBytes(folder.resolve(source));
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
        } catch (CharacterCodingException e) {
            throw new WurstchenException("cannot read " + name + ": it is not UTF-8 text; convert it", e);
        } catch (IOException e) {
            throw new WurstchenException("cannot read " + name + ": " + e, e);
        }
    }

    private static byte[] readAll(InputStream in) throws IOException {
        return in.readAllBytes();
    }

    private List<ListedPicture> read(String text, Path out) {
        List<ListedPicture> pictures = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\\R", -1)) {
            number++;
            if (!line.isBlank()) {
                add(pictures, number, line.strip(), out);
            }
        }
        if (pictures.isEmpty()) {
            throw new WurstchenException("no prompts in " + name + "; write one a line");
        }
        return pictures;
    }

    private void add(List<ListedPicture> pictures, int number, String line, Path out) {
        PictureRequest request = request(number, line);
        for (int i = 0; i < request.pictures(); i++) {
            PictureRequest.Builder one = request.toBuilder().pictures(1);
            if (request.seed().isPresent()) {
                one.seed(request.seed().getAsLong() + i);
            }
            String suffix = String.format(Locale.ROOT, "-%04d", number) + (request.pictures() == 1 ? "" : "-" + i);
            pictures.add(new ListedPicture(
                    one.build(),
                    out.resolveSibling(MoreFiles.getNameWithoutExtension(out) + suffix + "." + MoreFiles.getFileExtension(out))));
        }
    }

    private PictureRequest request(int number, String line) {
        PictureRequest.Builder request = base.toBuilder();
        try {
            if (line.startsWith("{")) {
                Map<String, String> values = PictureMetadata.valuesOf(line);
                if (!values.containsKey("prompt")) {
                    throw new IllegalArgumentException("no 'prompt'");
                }
                request.values(Maps.filterKeys(values, name -> !BESIDE_THE_REQUEST.contains(name)));
            } else {
                request.prompt(line);
            }
            return request.build();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ", line " + number + ": " + e.getMessage(), e);
        }
    }
}
