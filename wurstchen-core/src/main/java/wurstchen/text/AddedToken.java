package wurstchen.text;

/**
 * A token that is cut out of a prompt before anything else looks at it.
 *
 * @param content what is looked for
 * @param singleWord only where no word character touches it
 * @param lstrip takes the white space to its left with it
 * @param rstrip takes the white space to its right with it
 * @param normalized looked for in normalised text, in its own normalised form; otherwise in the text as given
 * @param special marks the sentence rather than being part of it
 */
record AddedToken(String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {
    static AddedToken plain(String content, boolean normalized, boolean special) {
        return new AddedToken(content, false, false, false, normalized, special);
    }

    AddedToken asSpecial() {
        return new AddedToken(content, singleWord, lstrip, rstrip, normalized, true);
    }
}
