package wurstchen.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TriggerTest {
    private final Trigger trigger = new Trigger();
    private final List<String> ran = new ArrayList<>();

    @Test
    void fire_runsActionsOnceInOrder() {
        Runnable twice = () -> ran.add("twice");
        trigger.onFire(twice);
        trigger.onFire(() -> ran.add("other"));
        trigger.onFire(twice);
        assertThat(trigger.fired()).isFalse();

        trigger.fire();
        trigger.fire();

        assertThat(trigger.fired()).isTrue();
        assertThat(ran).containsExactly("twice", "other", "twice");
    }

    @Test
    void actionTakenBack_doesNotRun() {
        Runnable action = () -> ran.add("action");
        trigger.onFire(action);
        Registration second = trigger.onFire(action);
        second.close();
        second.close();

        trigger.fire();

        assertThat(ran).containsExactly("action");
    }

    @Test
    void lateAction_runsAtOnce() {
        trigger.fire();
        trigger.onFire(() -> ran.add("late")).close();

        assertThat(ran).containsExactly("late");
    }

    @Test
    void actionThatThrows_doesNotKeepTheOthers() {
        trigger.onFire(() -> {
            throw new IllegalStateException("first");
        });
        trigger.onFire(() -> ran.add("second"));

        assertThatThrownBy(trigger::fire).isInstanceOf(IllegalStateException.class).hasMessage("first");
        assertThat(ran).containsExactly("second");
    }
}
