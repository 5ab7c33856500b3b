package wurstchen.onnx.process;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import wurstchen.Cancellation;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.onnx.CudaDevice;
import wurstchen.onnx.CudaTest;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/**
 * Cancels, interrupts and closes against runs, at random moments, and lets deadlines pass. Arguments: a device, how many races after a few to warm up, a seed, and how many MB of
 * each memory may be added. Prints how often each kind of race ended in which way.
 *
 * <p>Exit status 0; 1 if a request ended in another way than it may, if a picture that it had finished is lost or another one than before, or
 * if memory grows; 3 if a race does not end.
 */
final class RaceProgram {
    /** A race takes milliseconds. */
    private static final Duration HANGS_AFTER = Duration.ofMinutes(2);

    /** About as long as a picture takes. */
    private static final int LONGEST_DELAY_MICROSECONDS = 30_000;

    /** Until then, more and more memory is in use. */
    private static final int WARM_UP_RACES = 100;

    private static final int RACES_FOR_EACH_CLOSE = 8;

    private static final int PIPELINES_FOR_EACH_IN_LOW_MEMORY = 10;

    private final Device device;
    private final Random random;
    private final ModelBundle bundle = ModelBundle.open(Golden.BUNDLE);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<Race, Map<String, Integer>> outcomes = new EnumMap<>(Race.class);
    private final List<Picture> expected;
    private final int levelsAlone;
    private final int levels;
    private Wurstchen open;
    private boolean lowMemory;

    private RaceProgram(Device device, long seed) {
        this.device = device;
        levelsAlone = device instanceof CudaDevice ? CudaTest.LEVELS : 0;
        // A batch of two may change a level by one.
        levels = Math.max(1, levelsAlone);
        random = new Random(seed);
        reopen();
        expected = pictures(open);
    }

    /** Runs the races. */
    public static void main(String[] args) throws Exception {
        Device device = DeviceArgument.parse(args[0]);
        int races = Integer.parseInt(args[1]);
        MemoryGrowth memory = new MemoryGrowth("races", ProcessMemory.on(device), Long.parseLong(args[3]));
        RaceProgram program = new RaceProgram(device, Long.parseLong(args[2]));
        program.races(WARM_UP_RACES);
        memory.start();
        program.races(races);
        program.open.close();
        program.threads.shutdown();
        program.outcomes.forEach((race, counts) -> System.out.println(race + " " + counts));
        memory.check();
    }

    private void reopen() {
        lowMemory = random.nextInt(PIPELINES_FOR_EACH_IN_LOW_MEMORY) == 0;
        open = OnnxWurstchen.builder().model(bundle).device(device).lowMemory(lowMemory).open();
    }

    private void races(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            Race race = next();
            race(race);
            if (race.closes()) {
                check("closed", new RaceRequest(expected, 0).outcome(open, request().build()));
                reopen();
            } else if (i % 10 == 0) {
                check("picture", new RaceRequest(expected, levelsAlone).outcome(open, request().build()));
            }
        }
    }

    /** Opening a pipeline takes longer than most races: few close it. */
    private Race next() {
        boolean close = random.nextInt(RACES_FOR_EACH_CLOSE) == 0;
        List<Race> races = Arrays.stream(Race.values()).filter(race -> race.closes() == close).toList();
        return races.get(random.nextInt(races.size()));
    }

    private static void check(String expected, String found) {
        if (!found.equals(expected)) {
            throw new IllegalStateException("expected: " + expected + ", found: " + found);
        }
    }

    private static List<Picture> pictures(Wurstchen wurstchen) {
        return wurstchen.generate(request().build()).pictures().stream()
                .map(GeneratedPicture::picture)
                .toList();
    }

    private static PictureRequest.Builder request() {
        return PictureRequest.builder("a cat")
                .seed(1)
                .size(128, 128)
                .stageCSteps(4)
                .stageCGuidance(1)
                .stageBSteps(2)
                .stageBGuidance(1)
                .pictures(2);
    }

    private void race(Race race) throws Exception {
        Wurstchen wurstchen = open;
        Cancellation cancellation = new Cancellation();
        PictureRequest.Builder request = request().batchSize(1 + random.nextInt(2));
        if (race.cancels() || random.nextBoolean()) {
            request.cancellation(cancellation);
        }
        if (race.hasDeadline()) {
            request.deadline(Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(1 + delay())));
        }
        if (race == Race.CANCEL_BEFORE) {
            cancellation.cancel();
        }
        List<Sent> requests = new ArrayList<>();
        for (int i = 0; i < race.requests(); i++) {
            requests.add(send(race, wurstchen, request.build(), cancellation));
        }
        List<Future<?>> others = new ArrayList<>();
        switch (race) {
            case CANCEL_BY_THREAD, CANCEL_OF_THREE_REQUESTS -> others.add(later(cancellation::cancel));
            case INTERRUPT, INTERRUPT_OF_THREE_REQUESTS -> requests.forEach(each -> others.add(later(each::interrupt)));
            case CANCEL_OF_A_FUTURE, CANCEL_OF_THREE_FUTURES -> requests.forEach(each -> others.add(later(each::cancel)));
            case INTERRUPT_AND_CANCEL -> {
                others.add(later(cancellation::cancel));
                others.add(later(requests.get(0)::interrupt));
            }
            case CLOSE_BY_THREAD, CLOSE_UNDER_THREE_REQUESTS, CLOSE_UNDER_THREE_FUTURES -> others.add(later(wurstchen::close));
            case CLOSE_TWICE_AT_ONCE -> {
                Runnable close = later(wurstchen::close, delay());
                others.add(threads.submit(close));
                others.add(threads.submit(close));
            }
            case CANCEL_AND_CLOSE -> {
                others.add(later(cancellation::cancel));
                others.add(later(wurstchen::close));
            }
            case INTERRUPT_AND_CLOSE -> {
                others.add(later(requests.get(0)::interrupt));
                others.add(later(wurstchen::close));
            }
            default -> {
                // The request itself, or its listener, does it.
            }
        }
        for (Future<?> other : others) {
            finished(other);
        }
        for (Sent each : requests) {
            count(race, finished(each.outcome()));
        }
        if (race.closes()) {
            // A listener may not have come to it; a second time does nothing.
            wurstchen.close();
        }
    }

    /** A request on its way: a late interrupt of its own thread hits nobody else. */
    private record Sent(Future<String> outcome, Thread thread, CompletableFuture<PictureResult> future) {
        void interrupt() {
            thread.interrupt();
        }

        void cancel() {
            future.cancel(true);
        }
    }

    private Sent send(Race race, Wurstchen wurstchen, PictureRequest request, Cancellation cancellation) {
        RaceRequest sent = new RaceRequest(expected, levels);
        int step = random.nextInt(2 * (4 + 2));
        switch (race) {
            case CANCEL_BY_LISTENER -> sent.atStep(step, cancellation::cancel);
            case INTERRUPT_BY_LISTENER -> sent.atStep(step, () -> Thread.currentThread().interrupt());
            case CLOSE_BY_LISTENER -> sent.atStep(step, wurstchen::close);
            default -> {
                // Other threads do it.
            }
        }
        CompletableFuture<PictureResult> future = race.isAsync() ? sent.future(wurstchen, request) : null;
        FutureTask<String> outcome =
                new FutureTask<>(() -> future == null ? sent.outcome(wurstchen, request) : sent.outcome(future));
        Thread thread = new Thread(outcome);
        thread.start();
        return new Sent(outcome, thread, future);
    }

    private Future<?> later(Runnable action) {
        return threads.submit(later(action, delay()));
    }

    private int delay() {
        return random.nextInt(LONGEST_DELAY_MICROSECONDS * (lowMemory ? 4 : 1));
    }

    private static Runnable later(Runnable action, int microseconds) {
        return () -> {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(microseconds));
            action.run();
        };
    }

    private void count(Race race, String outcome) {
        if (!race.mayEndAs(outcome)) {
            throw new IllegalStateException(race + " ended as " + outcome);
        }
        outcomes.computeIfAbsent(race, any -> new TreeMap<>()).merge(outcome, 1, Integer::sum);
    }

    private static <T> T finished(Future<T> future) throws Exception {
        try {
            return future.get(HANGS_AFTER.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            e.getCause().printStackTrace();
            System.exit(1);
            throw e;
        } catch (TimeoutException e) {
            Thread.getAllStackTraces().forEach((thread, stack) -> System.err.println(thread + "\n  " + List.of(stack)));
            Runtime.getRuntime().halt(3);
            throw e;
        }
    }
}
