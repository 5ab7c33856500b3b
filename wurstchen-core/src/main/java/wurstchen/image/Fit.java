package wurstchen.image;

/** What to do with a picture whose sides have another ratio than the size it is wanted in. */
public enum Fit {
    /** Fills the size, and cuts off what stands out: the same on both sides. */
    CROP,
    /** Shows the whole picture, with a plain colour beside it. */
    PAD,
    /** Changes the ratio. */
    STRETCH
}
