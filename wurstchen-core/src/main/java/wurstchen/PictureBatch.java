package wurstchen;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import wurstchen.image.Picture;
import wurstchen.internal.Blend;
import wurstchen.internal.NoiseAhead;
import wurstchen.internal.Range;
import wurstchen.sampling.NoiseSource;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageCLatents;

/** Pictures of a request that are made together: one noise stream, drawn ahead, runs through Stage C and on through Stage B. */
final class PictureBatch implements AutoCloseable {
    /** Values that one thread looks at at a time, in about 0.1 ms; fewer are not worth another thread. */
    private static final int VALUES_A_TASK = 1 << 18;

    private static final int ALL_FINITE = -1;

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
        seeds = LongStream.range(0, pictures).map(i -> settings.seed() + first + i).toArray();
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

    /**
     * Turns Stage A's pixels into pictures, one after the other. The latents of Stage B were finite; here the pixels are looked at.
     *
     * @param last what is done to each picture before it is handed over
     */
    void finish(Pixels pixels, UnaryOperator<Picture> last, PictureOrigin origin, RunProgress progress) {
        firstNotFinite(pixels.values()).ifPresent(index -> {
            throw new WurstchenException(
                    "Stage A: a pixel is " + pixels.values()[index] + "; use a bundle that computes in fp32");
        });
        List<Picture> pictures = Picture.fromPixels(pixels);
        for (int i = 0; i < seeds.length; i++) {
            PictureMetadata metadata = new PictureMetadata(settings.withSeed(seeds[i]), origin);
            progress.finish(new GeneratedPicture(last.apply(pictures.get(i)), metadata));
        }
    }

    /** Ends a request with its latents, one picture after the other. */
    void finish(Latents stageCLatents, String modelSha256, RunProgress progress) {
        for (int i = 0; i < seeds.length; i++) {
            Map<String, String> notes = new LinkedHashMap<>(settings.withSeed(seeds[i]).toText());
            if (!modelSha256.isEmpty()) {
                notes.put(PictureResult.MODEL_SHA256, modelSha256);
            }
            progress.finish(StageCLatents.copyOf(stageCLatents, i, 0).withNotes(notes));
        }
    }

    /** Draws no more noise ahead. */
    @Override
    public void close() {
        noise.close();
    }

    private static OptionalInt firstNotFinite(float[] values) {
        return Range.shared(values.length, VALUES_A_TASK)
                .mapToInt(range -> firstNotFinite(values, range))
                .filter(index -> index != ALL_FINITE)
                .findFirst();
    }

    private static int firstNotFinite(float[] values, Range range) {
        for (int i = range.from(); i < range.to(); i++) {
            if (!Float.isFinite(values[i])) {
                return i;
            }
        }
        return ALL_FINITE;
    }
}
