package wurstchen.image;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import wurstchen.WurstchenException;
import wurstchen.text.VisibleText;

/**
 * A PNG file: a picture, and text in it (international text chunks, UTF-8). Immutable.
 *
 * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="any-png"}
 */
public final class Png {
    /** Source: PNG specification, "Keywords and text strings": 1 to 79 printable Latin-1 characters, spaces only between others. */
    private static final Pattern KEYWORD = Pattern.compile("(?=.{1,79}$)[!-~\u00a1-\u00ff]+( [!-~\u00a1-\u00ff]+)*");

    /** The largest file that is read, in bytes: more than the largest picture takes that a model makes. */
    private static final int MAX_BYTES = 256 << 20;

    private final Picture picture;
    private final Map<String, String> text;

    /**
     * Creates one in memory.
     *
     * @param picture the pixels
     * @param text keywords (1 to 79 printable Latin-1 characters) to any text, copied in its order; may be empty
     * @throws IllegalArgumentException if a keyword is none
     */
    public Png(Picture picture, Map<String, String> text) {
        this.picture = checkNotNull(picture, "picture");
        this.text = Collections.unmodifiableMap(new LinkedHashMap<>(text));
        this.text.forEach((keyword, value) -> {
            checkArgument(
                    KEYWORD.matcher(keyword).matches(),
                    "a PNG keyword must be 1 to 79 printable Latin-1 characters with single spaces between them, got '%s'",
                    keyword);
            checkNotNull(value, "text of keyword %s", keyword);
        });
    }

    /**
     * Reads a PNG file of any kind. Transparency is dropped.
     *
     * @param in a PNG file; read to its end, not closed
     * @return its picture and text
     * @throws WurstchenException if it cannot be read or is no PNG file
     */
    public static Png read(InputStream in) {
        try {
            return decode(in);
        } catch (IOException e) {
            throw new WurstchenException("cannot read a PNG: " + describe(e), e);
        }
    }

    /**
     * Reads a PNG file of any kind. Transparency is dropped.
     *
     * @param file a PNG file
     * @return its picture and text
     * @throws WurstchenException if it cannot be read or is no PNG file
     */
    public static Png read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return decode(in);
        } catch (IOException e) {
            throw new WurstchenException("cannot read " + file + ": " + describe(e), e);
        }
    }

    /**
     * Reads the text of a file and leaves its pixels packed: an index of many files takes a fraction of the time.
     *
     * @param file the file to read, of at most 256 MiB
     * @return as {@link #text} returns it
     * @throws WurstchenException if it cannot be read, is no PNG, or its text has more than 16 MiB unpacked
     */
    public static Map<String, String> readText(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Collections.unmodifiableMap(PngCodec.decodeText(bytes(in)));
        } catch (IOException e) {
            throw new WurstchenException("cannot read " + file + ": " + describe(e), e);
        }
    }

    /**
     * Reads the text of a PNG alone, as {@link #readText(Path)} does.
     *
     * @param in read to its end and left open; may give at most 256 MiB
     * @return as {@link #text} returns it
     * @throws WurstchenException as {@link #readText(Path)} does
     */
    public static Map<String, String> readText(InputStream in) {
        try {
            return Collections.unmodifiableMap(PngCodec.decodeText(bytes(in)));
        } catch (IOException e) {
            throw new WurstchenException("cannot read a PNG: " + describe(e), e);
        }
    }

    private static Png decode(InputStream in) throws IOException {
        return PngCodec.decode(bytes(in));
    }

    private static byte[] bytes(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            throw new IOException("more than " + MAX_BYTES + " bytes");
        }
        return bytes;
    }

    /**
     * Returns the picture.
     *
     * @return the pixels
     */
    public Picture picture() {
        return picture;
    }

    /**
     * Returns the text.
     *
     * @return keywords to text in the file's order, immutable
     */
    public Map<String, String> text() {
        return text;
    }

    /**
     * Returns the file's bytes.
     *
     * @return a new array; equal pictures and texts give equal bytes
     */
    public byte[] toBytes() {
        try {
            return PngCodec.encode(this);
        } catch (IOException e) {
            throw new WurstchenException("cannot write a PNG: " + describe(e), e);
        }
    }

    /**
     * Writes the file's bytes.
     *
     * @param out where to; flushed, not closed
     * @throws WurstchenException if it cannot be written
     */
    public void write(OutputStream out) {
        byte[] bytes = toBytes();
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new WurstchenException("cannot write a PNG: " + describe(e), e);
        }
    }

    /**
     * Writes a file. It appears whole or not at all, and replaces one that is there, see {@link WholeFile}.
     *
     * @param file where to; its folder must exist
     * @throws WurstchenException if it cannot be written
     */
    public void write(Path file) {
        WholeFile.write(file, toBytes());
    }

    static String describe(IOException e) {
        return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : " (" + VisibleText.of(e.getMessage()) + ")");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Png that && picture.equals(that.picture) && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return 31 * picture.hashCode() + text.hashCode();
    }

    @Override
    public String toString() {
        return "Png[" + picture + ", " + text + "]";
    }
}
