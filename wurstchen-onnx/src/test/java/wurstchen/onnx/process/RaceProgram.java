package wurstchen.onnx.process;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import wurstchen.Cancellation;
import wurstchen.CancelledException;
import wurstchen.PictureRequest;
import wurstchen.PipelineClosedException;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.onnx.CudaDevice;
import wurstchen.onnx.CudaTest;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;

/**
 * Cancels and closes against runs, at random moments. Arguments: a device, how many races after a few to warm up, a seed, and how many MB of
 * each memory may be added. Prints how often each kind of race ended in which way.
 *
 * <p>Exit status 0; 1 if a request ended in another way than it may, if a pipeline that was not closed makes another picture than before, or
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

    /** How far a request of two pictures was. */
    private static final String PLACE =
            "(before the first step|in (Text|Stage [ABC])( after \\d+ of \\d+ steps)?); [012] of 2 pictures are finished";

    private static final String CLOSED =
            "this Wurstchen is closed: open a new one|this Wurstchen was closed " + PLACE + ": open a new one";

    private static final String CANCELLED = "cancelled " + PLACE;

    /** What happens to requests in flight. */
    private enum Race {
        CANCEL_BY_THREAD,
        CANCEL_BY_LISTENER,
        CANCEL_BEFORE,
        CANCEL_OF_THREE_REQUESTS,
        CLOSE_BY_THREAD,
        CLOSE_BY_LISTENER,
        CLOSE_TWICE_AT_ONCE,
        CLOSE_UNDER_THREE_REQUESTS,
        CANCEL_AND_CLOSE;

        boolean closes() {
            return compareTo(CLOSE_BY_THREAD) >= 0;
        }

        boolean cancels() {
            return !closes() || this == CANCEL_AND_CLOSE;
        }

        int requests() {
            return this == CANCEL_OF_THREE_REQUESTS || this == CLOSE_UNDER_THREE_REQUESTS ? 3 : 1;
        }
    }

    private final Device device;
    private final Random random;
    private final ModelBundle bundle = ModelBundle.open(Golden.BUNDLE);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<Race, Map<String, Integer>> outcomes = new EnumMap<>(Race.class);
    private final Picture expected;
    private final int levels;
    private Wurstchen open;
    private boolean lowMemory;

    private RaceProgram(Device device, long seed) {
        this.device = device;
        levels = device instanceof CudaDevice ? CudaTest.LEVELS : 0;
        random = new Random(seed);
        reopen();
        expected = picture(open);
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
                check("closed", outcome(open, request().build()));
                reopen();
            } else if (i % 10 == 0) {
                check("same picture", Golden.largestDifference(picture(open), expected) <= levels ? "same picture" : "another picture");
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

    private static Picture picture(Wurstchen wurstchen) {
        return wurstchen.generate(request().build()).first().picture();
    }

    private static PictureRequest.Builder request() {
        return PictureRequest.builder("a cat")
                .seed(1)
                .size(128, 128)
                .stageCSteps(4)
                .stageCGuidance(1)
                .stageBSteps(2)
                .stageBGuidance(1);
    }

    private void race(Race race) throws Exception {
        Wurstchen wurstchen = open;
        Cancellation cancellation = new Cancellation();
        PictureRequest.Builder request = request().pictures(2).batchSize(1 + random.nextInt(2));
        if (race != Race.CLOSE_BY_THREAD) {
            request.cancellation(cancellation);
        }
        List<Future<?>> others = new ArrayList<>();
        switch (race) {
            case CANCEL_BEFORE -> cancellation.cancel();
            case CANCEL_BY_LISTENER -> atStep(request, cancellation::cancel);
            case CLOSE_BY_LISTENER -> atStep(request, wurstchen::close);
            case CANCEL_BY_THREAD, CANCEL_OF_THREE_REQUESTS -> others.add(later(cancellation::cancel));
            case CLOSE_BY_THREAD, CLOSE_UNDER_THREE_REQUESTS -> others.add(later(wurstchen::close));
            case CLOSE_TWICE_AT_ONCE -> {
                Runnable close = later(wurstchen::close, delay());
                others.add(threads.submit(close));
                others.add(threads.submit(close));
            }
            case CANCEL_AND_CLOSE -> {
                others.add(later(cancellation::cancel));
                others.add(later(wurstchen::close));
            }
        }
        List<Future<String>> requests = new ArrayList<>();
        for (int i = 0; i < race.requests(); i++) {
            requests.add(threads.submit(() -> outcome(wurstchen, request.build())));
        }
        for (Future<?> other : others) {
            finished(other);
        }
        for (Future<String> each : requests) {
            count(race, finished(each));
        }
        if (race.closes()) {
            // A listener may not have come to it; a second time does nothing.
            wurstchen.close();
        }
    }

    private void atStep(PictureRequest.Builder request, Runnable action) {
        int[] steps = {random.nextInt(2 * (4 + 2))};
        request.listener(step -> {
            if (steps[0]-- == 0) {
                action.run();
            }
        });
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

    /** How a request ends; anything else than these ways is thrown. */
    private static String outcome(Wurstchen wurstchen, PictureRequest request) {
        try {
            wurstchen.generate(request);
            return "picture";
        } catch (CancelledException e) {
            return known("cancelled", CANCELLED, e);
        } catch (PipelineClosedException e) {
            return known("closed", CLOSED, e);
        }
    }

    private static String known(String outcome, String messages, RuntimeException e) {
        if (!e.getMessage().matches(messages)) {
            throw e;
        }
        return outcome;
    }

    private void count(Race race, String outcome) {
        boolean possible = outcome.equals("picture")
                || (outcome.equals("cancelled") && race.cancels())
                || (outcome.equals("closed") && race.closes());
        if (!possible) {
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
