package wurstchen;

import wurstchen.progress.CascadeStage;

/**
 * The end of a prompt that a stage did not see.
 *
 * @param stage Stage C or Stage B, whose tokenizer cut it
 * @param prompt the whole prompt
 * @param dropped what was cut from it, as the tokenizer decodes it
 */
public record DroppedText(CascadeStage stage, String prompt, String dropped) {}
