package wurstchen;

import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;

/**
 * What a pipeline is made of, for programs that run the stages themselves. All of it is the pipeline's and is closed with it.
 *
 * @param tokenizerC prompt to token ids, for Stage C's text encoder
 * @param tokenizerB prompt to token ids, for Stage B's text encoder
 * @param textEncoderC token ids to Stage C's hidden states
 * @param textEncoderB token ids to Stage B's hidden states
 * @param scheduleC Stage C's noise schedule
 * @param scheduleB Stage B's noise schedule
 * @param stageC hidden states to Stage C latents
 * @param stageB hidden states and Stage C latents to Stage B latents
 * @param stageA Stage B latents to pixels
 */
public record CascadeParts(
        ClipTokenizer tokenizerC,
        ClipTokenizer tokenizerB,
        TextEncoder textEncoderC,
        TextEncoder textEncoderB,
        CosineSchedule scheduleC,
        CosineSchedule scheduleB,
        StageC stageC,
        StageB stageB,
        StageA stageA) {}
