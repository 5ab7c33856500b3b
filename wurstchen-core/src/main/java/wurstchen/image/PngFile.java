package wurstchen.image;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.imaging.Imaging;
import org.apache.commons.imaging.formats.png.AbstractPngText;
import org.apache.commons.imaging.formats.png.PngImageParser;
import org.apache.commons.imaging.formats.png.PngImagingParameters;
import wurstchen.WurstchenException;

/** PNG files with text in them (international text chunks, UTF-8). */
public final class PngFile {
    private PngFile() {}

    /**
     * Writes a picture. The file appears whole or not at all, and replaces one that is there.
     *
     * @param file where to; its folder must exist
     * @param picture the pixels
     * @param text keywords (Latin letters, 1 to 79) to any text; may be empty
     * @throws WurstchenException if it cannot be written
     */
    public static void write(Path file, Picture picture, Map<String, String> text) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new WurstchenException(
                    "cannot write " + file + ": " + folder + " is not a folder; create it, or name one that exists");
        }
        if (Files.isDirectory(file)) {
            throw new WurstchenException("cannot write " + file + ": it is a folder; name a file, such as "
                    + file.resolve("picture.png"));
        }
        Path part = null;
        try {
            part = Files.createTempFile(folder, "." + file.getFileName(), ".part");
            encode(part, picture, text);
            makeReadable(part);
            moveInto(part, file);
        } catch (IOException e) {
            deleteQuietly(part, e);
            throw new WurstchenException(
                    "cannot write " + file + ": " + describe(e) + "; check that the folder is writable and the disk has room", e);
        }
    }

    /**
     * Reads the text of a PNG file.
     *
     * @param file a PNG file
     * @return keywords to text, in the file's order
     * @throws WurstchenException if it cannot be read
     */
    public static ImmutableMap<String, String> readText(Path file) {
        try {
            ImmutableMap.Builder<String, String> text = ImmutableMap.builder();
            var metadata = Imaging.getMetadata(file.toFile());
            if (metadata != null) {
                for (var item : metadata.getItems()) {
                    String[] pair = item.toString().split(": ", 2);
                    text.put(pair[0], pair.length > 1 ? pair[1] : "");
                }
            }
            return text.buildKeepingLast();
        } catch (IOException e) {
            throw new WurstchenException("cannot read " + file + ": " + describe(e), e);
        }
    }

    private static void encode(Path part, Picture picture, Map<String, String> text) throws IOException {
        List<AbstractPngText> chunks = new ArrayList<>();
        text.forEach((keyword, value) -> chunks.add(new AbstractPngText.Itxt(keyword, value, "", "")));
        PngImagingParameters parameters = new PngImagingParameters();
        parameters.setTextChunks(chunks);
        parameters.setForceTrueColor(true);
        try (OutputStream out = Files.newOutputStream(part)) {
            new PngImageParser().writeImage(picture.toImage(), out, parameters);
        }
    }

    /** A temporary file is private to its owner; a picture gets the rights that a newly created file has. */
    private static void makeReadable(Path part) throws IOException {
        if (part.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Path probe = part.resolveSibling(part.getFileName() + ".mode");
            Files.createFile(probe);
            try {
                Files.setPosixFilePermissions(part, Files.getPosixFilePermissions(probe));
            } finally {
                Files.delete(probe);
            }
        }
    }

    private static void moveInto(Path part, Path file) throws IOException {
        try {
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void deleteQuietly(Path part, IOException cause) {
        if (part != null) {
            try {
                Files.deleteIfExists(part);
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    private static String describe(IOException e) {
        return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")");
    }
}
