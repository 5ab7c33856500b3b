package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DeviceWatchTest {
    @Test
    void peak_isTheMostAboveTheStart() throws InterruptedException {
        long[] used = {1000, 1200, 5000, 1100};
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch allAsked = new CountDownLatch(used.length);
        try (DeviceWatch watch = new DeviceWatch(() -> {
            allAsked.countDown();
            return used[Math.min(asked.getAndIncrement(), used.length - 1)];
        })) {
            allAsked.await();
            assertThat(watch.peakBytes()).isEqualTo(OptionalLong.of(4000));
        }
    }

    @Test
    void whatNobodyKnows_isEmpty() {
        try (DeviceWatch cpu = DeviceWatch.start(Device.cpu());
                DeviceWatch none = DeviceWatch.start(Device.cuda(999))) {
            assertThat(cpu.peakBytes()).isEmpty();
            assertThat(none.peakBytes()).isEmpty();
        }
    }
}
