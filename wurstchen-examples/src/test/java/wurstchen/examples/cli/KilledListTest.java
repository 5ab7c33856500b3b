package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A list of prompts whose process is killed at a random moment (after a random number of files, and a random part of the time that a file takes),
 * and then run again by the same command. The number of moments is the system
 * property {@code wurstchen.kills}, 3 unless set.
 */
final class KilledListTest {
    private static final int MOMENTS = Integer.getInteger("wurstchen.kills", 3);
    private static final int PICTURES = 12;
    private static final Duration LONGEST = Duration.ofMinutes(5);

    @TempDir
    private Path folder;

    @Test
    void killedAtAnyMoment_andRunAgain_givesThePicturesOfOneRun() throws Exception {
        Path whole = folderWithPrompts("whole");
        long start = System.nanoTime();
        assertThat(await(start(whole))).as(() -> error("whole")).isZero();
        long nanos = System.nanoTime() - start;
        List<String> names = IntStream.rangeClosed(1, PICTURES).mapToObj(line -> String.format("list-%04d.png", line)).collect(Collectors.toList());
        names.add("prompts.txt");
        assertThat(whole.toFile().list()).containsExactlyInAnyOrderElementsOf(names);

        long seed = System.nanoTime();
        Random random = new Random(seed);
        int interrupted = 0;
        for (int moment = 0; moment < MOMENTS; moment++) {
            String name = "killed-" + moment;
            Path killed = folderWithPrompts(name);
            Process process = start(killed);
            int files = random.nextInt(PICTURES);
            while (process.isAlive() && killed.toFile().list().length - 1 < files) {
                Thread.sleep(1);
            }
            boolean ended = process.waitFor((long) (random.nextDouble() * nanos / PICTURES), TimeUnit.NANOSECONDS);
            process.destroyForcibly(); // SIGKILL
            assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            interrupted += ended ? 0 : 1;
            int there = killed.toFile().list().length - 1;

            assertThat(await(start(killed))).as(() -> error(name)).isZero();

            String which = "moment " + moment + " of seed " + seed + ", with " + there + " files there";
            assertThat(killed.toFile().list()).as(which).containsExactlyInAnyOrderElementsOf(names);
            for (String file : names) {
                assertThat(killed.resolve(file)).as(which).hasSameBinaryContentAs(whole.resolve(file));
            }
            System.out.println("killed with " + there + " of " + PICTURES + " files there, then completed");
        }
        assertThat(interrupted).as("runs that were killed before they ended").isPositive();
    }

    private Path folderWithPrompts(String name) throws IOException {
        Path made = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(folder.resolve(name + "-output"));
        Files.writeString(made.resolve("prompts.txt"), IntStream.range(0, PICTURES).mapToObj(i -> "a cat " + i + "\n").collect(Collectors.joining()));
        return made;
    }

    private Process start(Path where) throws IOException {
        List<String> args = new ArrayList<>(List.of("generate", "--prompts=prompts.txt", "--seed=1", "--out=list.png"));
        args.addAll(CommandProcess.tiny());
        return CommandProcess.start(where, folder.resolve(where.getFileName() + "-output"), args.toArray(String[]::new));
    }

    private static int await(Process process) throws InterruptedException {
        assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private String error(String name) {
        try {
            return CommandProcess.read(folder.resolve(name + "-output"), "err.txt");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
