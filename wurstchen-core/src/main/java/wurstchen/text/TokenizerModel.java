package wurstchen.text;

import com.google.common.collect.ImmutableList;
import org.jspecify.annotations.Nullable;

/**
 * What the model files of a tokenizer say, before its configuration is looked at.
 *
 * @param encoding vocabulary and merges
 * @param words how normalised text is cut
 * @param added the added tokens in the file, in order; none in the form with vocab.json
 * @param startId the id before every prompt, or null if the configuration decides
 * @param endId the id after every prompt, or null if the configuration decides
 */
record TokenizerModel(BytePairEncoding encoding, ClipWords words, ImmutableList<AddedToken> added, @Nullable Integer startId, @Nullable Integer endId) {}
