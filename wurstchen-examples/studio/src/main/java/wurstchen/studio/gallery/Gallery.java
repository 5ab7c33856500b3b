package wurstchen.studio.gallery;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import wurstchen.GeneratedPicture;
import wurstchen.PictureMetadata;
import wurstchen.WurstchenException;
import wurstchen.image.Png;
import wurstchen.image.WholeFile;

/**
 * The PNG files of one folder. What is in memory is an index that {@link #scan} reads from the files' metadata; a client's id is looked up
 * there and never becomes a path. Thread-safe.
 */
public final class Gallery {
    private static final Logger LOG = System.getLogger("wurstchen");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS").withZone(ZoneOffset.UTC);
    private static final String ENDING = ".png";
    private static final Comparator<GalleryPicture> NEWEST_FIRST =
            Comparator.comparing(GalleryPicture::made).thenComparing(GalleryPicture::id).reversed();

    private final Path folder;
    private final Inputs inputs;
    private final Map<String, GalleryPicture> byId = new ConcurrentHashMap<>();
    private final ConcurrentSkipListSet<GalleryPicture> newestFirst = new ConcurrentSkipListSet<>(NEWEST_FIRST);

    private Gallery(Path folder) {
        this.folder = folder;
        this.inputs = new Inputs(folder.resolve("inputs"));
    }

    /**
     * Opens a gallery, with an empty index.
     *
     * @param folder made if it does not exist
     * @return the gallery
     * @throws WurstchenException if it is no folder that can be written to
     */
    public static Gallery open(Path folder) {
        try {
            Files.createDirectories(folder.resolve("inputs"));
        } catch (IOException e) {
            throw new WurstchenException("cannot make the gallery's folder " + folder + ": " + e + "; name another one by --gallery", e);
        }
        if (!Files.isWritable(folder)) {
            throw new WurstchenException("the gallery's folder " + folder + " is not writable; change its rights, or name another by --gallery");
        }
        WholeFile.removeLeftovers(folder);
        return new Gallery(folder);
    }

    /** Reads the metadata of every file. PNG files that are not ours are left alone. */
    public void scan() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + ENDING)) {
            for (Path file : files) {
                index(file);
            }
            inputs.keepOnly(byId.values().stream().flatMap(Gallery::inputHashes).collect(Collectors.toSet()));
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.WARNING, "the gallery's folder " + folder + " cannot be read", e);
        }
    }

    private void index(Path file) {
        String name = file.getFileName().toString();
        String id = name.substring(0, name.length() - ENDING.length());
        if (!ID.matcher(id).matches() || byId.containsKey(id) || !Files.isRegularFile(file)) {
            return;
        }
        try {
            PictureMetadata metadata = PictureMetadata.fromText(Png.readText(file));
            put(new GalleryPicture(id, file, Files.getLastModifiedTime(file).toInstant(), metadata));
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, "{0} is not shown in the gallery: {1}", file, e.getMessage());
        }
    }

    private void put(GalleryPicture picture) {
        if (byId.putIfAbsent(picture.id(), picture) == null) {
            newestFirst.add(picture);
        }
    }

    /**
     * Writes a picture.
     *
     * @param picture what was made
     * @return where it is now
     * @throws WurstchenException if it cannot be written
     */
    public GalleryPicture add(GeneratedPicture picture) {
        Instant now = Instant.now();
        String id = NAME.format(now) + String.format("-%06x", ThreadLocalRandom.current().nextInt(1 << 24));
        Path file = folder.resolve(id + ENDING);
        picture.writePng(file);
        GalleryPicture added = new GalleryPicture(id, file, now, picture.metadata());
        put(added);
        return added;
    }

    /**
     * Finds a picture.
     *
     * @param id as a client says
     * @return the picture, if there is one and its file is still there
     */
    public Optional<GalleryPicture> find(String id) {
        GalleryPicture found = byId.get(id);
        if (found != null && !Files.isRegularFile(found.file())) {
            forget(found);
            return Optional.empty();
        }
        return Optional.ofNullable(found);
    }

    /**
     * Lists pictures, the newest first.
     *
     * @param before the id after which the list goes on; empty for the beginning
     * @param most how many to return
     * @return pictures; none if there is no such id
     */
    public List<GalleryPicture> list(Optional<String> before, int most) {
        Stream<GalleryPicture> rest = before.isEmpty()
                ? newestFirst.stream()
                : Optional.ofNullable(byId.get(before.get())).stream().flatMap(last -> newestFirst.tailSet(last, false).stream());
        return rest.limit(most).toList();
    }

    /**
     * Counts the pictures.
     *
     * @return how many are in the index
     */
    public int size() {
        return byId.size();
    }

    /**
     * Deletes a picture's file.
     *
     * @param picture one of this gallery
     * @throws WurstchenException if it cannot be deleted
     */
    public void delete(GalleryPicture picture) {
        try {
            Files.deleteIfExists(picture.file());
        } catch (IOException e) {
            throw new WurstchenException("cannot delete " + picture.file() + ": " + e, e);
        }
        forget(picture);
    }

    private void forget(GalleryPicture picture) {
        if (byId.remove(picture.id(), picture)) {
            newestFirst.remove(picture);
        }
    }

    /**
     * Returns the space that is left for pictures.
     *
     * @return bytes; 0 if the folder is gone
     */
    public long freeBytes() {
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            return 0;
        }
    }

    /**
     * Returns the pictures that requests began with.
     *
     * @return files named by their hash
     */
    public Inputs inputs() {
        return inputs;
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    private static Stream<String> inputHashes(GalleryPicture picture) {
        Map<String, String> text = picture.metadata().settings().toText();
        return Stream.of("image-sha256", "mask-sha256").map(text::get).filter(Objects::nonNull);
    }
}
