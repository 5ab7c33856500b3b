package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import wurstchen.internal.Blend;

/** Requests from one to another. */
final class RequestSeries {
    private final RequestOptions first;
    private final RequestOptions last;
    private final long lastSeed;

    /**
     * Checks that there is a way between the two.
     *
     * @throws IllegalArgumentException if not
     */
    RequestSeries(RequestOptions first, RequestOptions last) {
        this.first = first.copy();
        this.last = last.copy();
        checkEnd(first);
        lastSeed = checkEnd(last);
        checkArgument(
                (first.image == null) == (last.image == null),
                "a series goes between two pictures or between none: set an image in both of its ends");
        checkArgument(
                withoutEnds(first).equals(withoutEnds(last)),
                "the ends of a series may differ in prompt, negative prompt, seed and image, got %s and %s",
                withoutEnds(first).describe("PictureRequest"),
                withoutEnds(last).describe("PictureRequest"));
    }

    private static long checkEnd(RequestOptions end) {
        Long seed = end.seed;
        checkArgument(seed != null, "both ends of a series need a seed: set one");
        checkArgument(end.pictures == 1, "both ends of a series make one picture, got %s", end.pictures);
        checkArgument(
                end.blend == null && end.start == null,
                "an end of a series must not be between two others, or begin with latents");
        checkArgument(
                end.encodedPrompt == null,
                "an end of a series needs its prompt as a text: set one, or mix hidden states with EncodedPrompt.mix");
        return seed;
    }

    private static RequestOptions withoutEnds(RequestOptions options) {
        RequestOptions rest = options.copy();
        rest.prompt = "";
        rest.negativePrompt = "";
        rest.seed = null;
        rest.image = null;
        return rest;
    }

    List<PictureRequest> requests(int count) {
        ImmutableList.Builder<PictureRequest> requests = ImmutableList.builder();
        for (int i = 0; i < count; i++) {
            requests.add(i == 0 ? new PictureRequest(first) : i == count - 1 ? new PictureRequest(last) : between((float) i / (count - 1)));
        }
        return requests.build();
    }

    private PictureRequest between(float share) {
        RequestOptions options = first.copy();
        options.blend = new Blend(share, last.prompt, last.negativePrompt, lastSeed, Optional.ofNullable(last.image));
        return new PictureRequest(options);
    }

}
