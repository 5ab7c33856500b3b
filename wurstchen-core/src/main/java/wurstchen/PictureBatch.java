package wurstchen;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import wurstchen.image.Picture;
import wurstchen.internal.Blend;
import wurstchen.internal.NoiseAhead;
import wurstchen.sampling.NoiseSource;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageCLatents;

/** Pictures of a request that are made together: one noise stream, drawn ahead, runs through Stage C and on through Stage B. */
final class PictureBatch implements AutoCloseable {
    private final PictureSettings settings;
    private final int first;
    private final long[] seeds;
    private final LatentShape stageCShape;
    private final LatentShape stageBShape;
    private final NoiseAhead noise;

    /**
     * Cuts a batch out of a request, and begins to draw its noise.
     *
     * @param geometry how sizes in px become latents
     * @param settings of the request's first picture
     * @param first index of the batch's first picture in the request
     * @param pictures pictures in the batch
     */
    PictureBatch(LatentGeometry geometry, PictureSettings settings, int first, int pictures) {
        this.settings = settings;
        this.first = first;
        seeds = LongStream.range(0, pictures).map(i -> settings.picture(first + (int) i).seed()).toArray();
        stageCShape = geometry.stageC(pictures, settings.height(), settings.width());
        stageBShape = geometry.stageB(pictures, settings.height(), settings.width());
        noise = new NoiseAhead(
                this::noiseSource,
                Stream.concat(
                        NoiseAhead.drawsOf(stageCShape.values(), settings.stageCTimesteps().steps()),
                        NoiseAhead.drawsOf(stageBShape.values(), settings.stageBTimesteps().steps())));
    }

    private NoiseSource noiseSource() {
        NoiseSource own = NoiseSource.seeded(seeds);
        return settings.blend()
                .map(blend -> NoiseSource.interpolated(own, NoiseSource.seeded(otherSeeds(blend)), blend.share(), seeds.length))
                .orElse(own);
    }

    private long[] otherSeeds(Blend blend) {
        return Arrays.stream(seeds).map(seed -> seed - settings.seed() + blend.seed()).toArray();
    }

    LatentShape stageCShape() {
        return stageCShape;
    }

    LatentShape stageBShape() {
        return stageBShape;
    }

    int first() {
        return first;
    }

    int pictures() {
        return seeds.length;
    }

    PictureSettings settings() {
        return settings;
    }

    NoiseSource noise() {
        return noise;
    }

    /** Returns noise for something beside the pictures, from the beginning. */
    NoiseSource newNoise() {
        return noiseSource();
    }

    /**
     * Turns Stage A's pixels into pictures, closes them, and finishes the pictures one after the other.
     *
     * @param last what is done to each picture before it is handed over
     */
    void finish(Pixels pixels, UnaryOperator<Picture> last, PictureOrigin origin, RunProgress progress) {
        List<Picture> pictures = progress.call(() -> read(pixels));
        for (int i = 0; i < seeds.length; i++) {
            PictureMetadata metadata = new PictureMetadata(settings.picture(first + i), origin);
            progress.finish(new GeneratedPicture(last.apply(pictures.get(i)), metadata));
        }
    }

    /** Ends a request with its latents, one picture after the other. */
    void finish(Latents stageCLatents, String modelSha256, RunProgress progress) {
        for (int i = 0; i < seeds.length; i++) {
            Map<String, String> notes = new LinkedHashMap<>(settings.picture(first + i).toText());
            if (!modelSha256.isEmpty()) {
                notes.put(PictureResult.MODEL_SHA256, modelSha256);
            }
            progress.finish(StageCLatents.copyOf(stageCLatents, i, 0).withNotes(notes));
        }
    }

    /** The latents of Stage B were finite; here the pixels are looked at. */
    private static List<Picture> read(Pixels pixels) {
        try (pixels) {
            pixels.notFinite().ifPresent(value -> {
                throw new WurstchenException("Stage A: a pixel is " + value + "; use a bundle that computes in fp32");
            });
            return Picture.fromPixels(pixels);
        }
    }

    /** Draws no more noise ahead. */
    @Override
    public void close() {
        noise.close();
    }
}
