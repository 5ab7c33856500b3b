/**
 * From a prompt to the numbers that a text encoder takes: the CLIP tokenizer, with what did not fit reported as data.
 *
 * <p>{@link wurstchen.text.ClipTokenizer} reads top to bottom: added tokens are cut out, the rest is normalised ({@code ClipNormalizer}),
 * cut into words ({@code ClipWords}), and every word is encoded ({@code BytePairEncoding}). The ids are those of the reference's fast
 * tokenizer (transformers 4.57.6 on tokenizers 0.22.2) for any Unicode text and on any JDK: character properties come from ICU4J, cut back
 * to the Unicode versions of the reference ({@code ReferenceUnicode}).
 */
@NullMarked
package wurstchen.text;

import org.jspecify.annotations.NullMarked;
