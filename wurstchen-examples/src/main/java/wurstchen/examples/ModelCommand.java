package wurstchen.examples;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "model")
final class ModelCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }
}
