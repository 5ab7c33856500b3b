package wurstchen.onnx.process;

import java.nio.file.Path;
import wurstchen.Cancellation;
import wurstchen.CancelledException;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.onnx.OnnxWurstchen;

/**
 * Uses a pipeline as a service would, and prints one line of its own at the end. Arguments: a bundle, and a folder with ONNX Runtime's
 * libraries if they are not to be those of the class path.
 */
final class QuietProgram {
    private QuietProgram() {}

    /** Makes a picture, cancels another request inside a step, and lets one fail. */
    public static void main(String[] args) {
        if (args.length > 1) {
            System.setProperty("onnxruntime.native.path", args[1]);
        }
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(Path.of(args[0])).open()) {
            wurstchen.generate(request().build());
            wurstchen.generateAsync(request().stageCSteps(1000).build()).cancel(true);
            Cancellation cancellation = new Cancellation();
            try {
                wurstchen.generate(request()
                        .cancellation(cancellation)
                        .stageCSteps(1000)
                        .listener(step -> new Thread(cancellation::cancel).start())
                        .build());
            } catch (CancelledException e) {
                System.out.println("done");
            }
        } catch (WurstchenException e) {
            System.out.println(e.getMessage());
        }
    }

    private static PictureRequest.Builder request() {
        return PictureRequest.builder("a cat").seed(1).size(128, 128).stageCSteps(2).stageBSteps(2);
    }
}
