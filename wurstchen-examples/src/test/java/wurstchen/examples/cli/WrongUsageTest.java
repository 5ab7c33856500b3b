package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exit code 2, two lines on standard error, nothing written. */
final class WrongUsageTest {
    private static final String SEE_GENERATE = "see: wurstchen generate --help";

    @TempDir
    private Path folder;

    @AfterEach
    void nothingWritten() {
        assertThat(folder).isEmptyDirectory();
    }

    private static void assertWrongUsage(CommandRun run, String message, String see) {
        assertThat(run.err()).isEqualToNormalizingNewlines(message + "\n" + see + "\n");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    private void assertGenerateRefuses(String message, String... args) {
        CommandRun run = CommandRun.generateTiny(folder, args);
        assertWrongUsage(run, message, SEE_GENERATE);
    }

    @Test
    void noCommand_isRefused() {
        assertWrongUsage(
                CommandRun.of(folder), "wurstchen: no command given; the commands are generate, reconstruct, vary, blend, inpaint, show, model, fetch, pack, doctor, benchmark, completion, help", "see: wurstchen --help");
    }

    @Test
    void unknownCommand_isRefused() {
        assertWrongUsage(
                CommandRun.of(folder, "scribble"),
                "wurstchen: Unmatched argument at index 0: 'scribble'; the commands are generate, reconstruct, vary, blend, inpaint, show, model, fetch, pack, doctor, benchmark, completion, help",
                "see: wurstchen --help");
    }

    @Test
    void missingPrompt_isRefused() {
        assertGenerateRefuses("wurstchen: no prompt: put it in quotes behind the command, or give --prompt TEXT if it begins with -");
    }

    @Test
    void promptWithoutQuotes_isRefused() {
        CommandRun run = CommandRun.of(folder, "generate", "a", "red", "apple");

        assertWrongUsage(
                run,
                "wurstchen: Unmatched arguments from index 2: 'red', 'apple'; put a prompt of several words in quotes",
                SEE_GENERATE);
    }

    @Test
    void unknownOption_isRefused() {
        CommandRun run = CommandRun.of(folder, "generate", "a cat", "--colour=red");

        assertWrongUsage(run, "wurstchen: Unknown option: '--colour=red'", SEE_GENERATE);
    }

    @Test
    void unknownOptions_getASuggestion() {
        assertGenerateRefuses("wurstchen: Unknown option: '--steps=20'; did you mean --stage-c-steps or --stage-b-steps?", "a cat", "--steps=20");
        assertGenerateRefuses("wurstchen: Unknown option: '--sed=20'; did you mean --seed?", "a cat", "--sed=20");
        assertGenerateRefuses("wurstchen: Unknown option: '--negativ-prompt'; did you mean --negative-prompt?", "a cat", "--negativ-prompt");
    }

    @Test
    void misspelledCommand_getsASuggestion() {
        assertWrongUsage(
                CommandRun.of(folder, "generte"),
                "wurstchen: Unmatched argument at index 0: 'generte'; did you mean generate?",
                "see: wurstchen --help");
    }

    @Test
    void promptThatLooksLikeOptions_isRefusedWithARemedy() {
        assertGenerateRefuses(
                "wurstchen: Unknown option: '-Vintage car'; a prompt that begins with - goes behind --, or into --prompt TEXT", "-Vintage car");
        assertGenerateRefuses(
                "wurstchen: Unknown option: '-horse'; a prompt that begins with - goes behind --, or into --prompt TEXT", "-horse");
        assertGenerateRefuses(
                "wurstchen: Unknown option: '--a cat'; a prompt that begins with - goes behind --, or into --prompt TEXT", "--a cat");
    }

    @Test
    void twoPrompts_areRefused() {
        assertGenerateRefuses("wurstchen: two prompts: leave out --prompt, or the other one", "a cat", "--prompt=a dog");
    }

    @Test
    void digitsOfOtherScripts_areRefused() {
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--seed': expected a whole number from -2^63 to 2^64 - 1, got '٤٢'", "a cat", "--seed=٤٢");
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--width': expected a whole number up to 2147483647, got '٢٥٦'", "a cat", "--width=٢٥٦");
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--stage-c-guidance': expected a number, got '4f'", "a cat", "--stage-c-guidance=4f");
    }

    @Test
    void timestepsThatAreNone_areRefused() {
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--stage-c-timesteps': expected numbers with commas between, such as 1,0.5,0, got '1;0'",
                "a cat",
                "--stage-c-timesteps=1;0");
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--stage-b-timesteps': timesteps must be strictly decreasing, got timesteps[1] = 1.0 after"
                        + " 0.5; sort them from 1 to 0 and drop repeats",
                "a cat",
                "--stage-b-timesteps=0.5, 1");
        assertGenerateRefuses(
                "wurstchen: both --stage-c-steps and --stage-c-timesteps: leave out one of them", "a cat", "--stage-c-timesteps=1,0");
    }

    @Test
    void promptsThatAreWrong_areRefused() {
        assertGenerateRefuses(
                "wurstchen: --prompt-weights: prompt weights, character 3 (a »(cat): '(' is never closed; write \\( for the character itself",
                "a (cat",
                "--prompt-weights");
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--long-prompts': expected cut, refuse or windows, got 'CUT'", "a cat", "--long-prompts=CUT");
    }

    @Test
    void optionsThatDoNotFitTogether_areRefused() {
        assertGenerateRefuses(
                "wurstchen: --quality: it is JPEG's: give --out a name that ends in .jpg, or leave it out", "a cat", "--out=a.png", "--quality=80");
        assertGenerateRefuses("wurstchen: --quality: must be 1 to 100, got 101", "a cat", "--out=a.jpg", "--quality=101");
        assertGenerateRefuses(
                "wurstchen: --out -: standard output takes one picture, and then nothing else", "a cat", "--out=-", "--pictures=2");
        assertGenerateRefuses("wurstchen: --out -: standard output takes one picture, and then nothing else", "a cat", "--out=-", "--json");
        assertGenerateRefuses("wurstchen: both a prompt and --prompts: leave out one of them", "a cat", "--prompts=cats.txt");
        assertGenerateRefuses(
                "wurstchen: --threads: these are the CPU's: leave the option out, or say --device cpu", "a cat", "--threads=2", "--device=cuda");
    }

    @Test
    void batchThatFitsNoArray_isRefused() {
        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--width=4096", "--height=4096", "--pictures=43", "--batch-size=43");

        assertThat(run.err())
                .matches("wurstchen: 43 pictures of 4096 x 4096 px at a time need 10320 MB of Java's memory, which may grow to \\d+ MB; make at"
                        + " most \\d+ at a time, or start Java with a larger -Xmx\\R" + SEE_GENERATE + "\\R");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void widthThatTheModelCannotMake_isRefused() {
        assertGenerateRefuses(
                "wurstchen: width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024", "a cat", "--width=1000");
    }

    @Test
    void negativeHeight_isRefused() {
        assertGenerateRefuses("wurstchen: --height: height must be at least 1, got -128", "a cat", "--height=-128");
    }

    @Test
    void unknownDevice_isRefused() {
        assertGenerateRefuses("wurstchen: --device: unknown device 'tpu': there are cpu, cuda and cuda:N, the GPU of index N", "a cat", "--device=tpu");
    }

    @Test
    void zeroSteps_areRefused() {
        assertGenerateRefuses(
                "wurstchen: --stage-b-steps: stage B steps must be 1 to 1000, got 0", "a cat", "--stage-b-steps=0");
    }

    @Test
    void tooManySteps_areRefused() {
        assertGenerateRefuses(
                "wurstchen: --stage-c-steps: stage C steps must be 1 to 1000, got 1001", "a cat", "--stage-c-steps=1001");
    }

    @Test
    void notANumberAsGuidance_isRefused() {
        assertGenerateRefuses(
                "wurstchen: --stage-c-guidance: guidance scale must be a finite number, got NaN; 4 is usual, and 1 or below turns"
                        + " guidance off",
                "a cat",
                "--stage-c-guidance=NaN");
    }

    @Test
    void badNumbers_areRefused() {
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--seed': expected a whole number from -2^63 to 2^64 - 1, got"
                        + " '18446744073709551616'",
                "a cat",
                "--seed=18446744073709551616");
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--width': expected a whole number up to 2147483647, got '12.5'",
                "a cat",
                "--width=12.5");
        assertGenerateRefuses(
                "wurstchen: Invalid value for option '--stage-b-guidance': expected a number, got 'strong'",
                "a cat",
                "--stage-b-guidance=strong");
    }

    @Test
    void noImages_areRefused() {
        assertGenerateRefuses("wurstchen: --pictures: pictures must be 1 to 10000, got 0", "a cat", "--pictures=0");
        assertGenerateRefuses("wurstchen: --batch-size: batch size must be at least 1, got 0", "a cat", "--batch-size=0");
    }

    @Test
    void otherFileFormat_isRefused() {
        assertGenerateRefuses(
                "wurstchen: --out: PNG and JPEG files are written: the name must end in .png or .jpg, got " + folder.resolve("a.gif"),
                "a cat",
                "--out=a.gif");
    }
}
