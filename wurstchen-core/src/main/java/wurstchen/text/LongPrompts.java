package wurstchen.text;

/** What becomes of a prompt that has more tokens than a text encoder takes, 75 beside start and end in the published models. */
public enum LongPrompts {
    /** It is cut at the end, as the reference does; the result says what was dropped. */
    CUT,
    /** The request is refused. */
    REFUSE,
    /**
     * It is encoded in windows of as many tokens as fit, and the hidden states of the windows are averaged, position by position: the graphs
     * take those of one window. A prompt that fits is encoded as without windows.
     */
    WINDOWS
}
