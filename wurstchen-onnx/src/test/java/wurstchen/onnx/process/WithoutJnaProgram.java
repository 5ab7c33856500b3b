package wurstchen.onnx.process;

import wurstchen.onnx.Device;
import wurstchen.onnx.DeviceWatch;
import wurstchen.onnx.Doctor;
import wurstchen.onnx.Internals;

/** Says what becomes of a GPU where JNA is missing. */
final class WithoutJnaProgram {
    private WithoutJnaProgram() {}

    /** Asks everything that asks for a GPU. */
    public static void main(String[] args) {
        Doctor.examine(Device.cuda()).problems().forEach(problem -> System.out.println("problem: " + problem));
        System.out.println("hardware: " + Doctor.hardware(Device.cuda()));
        try (DeviceWatch watch = DeviceWatch.start(Device.cuda())) {
            System.out.println("watched: " + watch.peakBytes());
        }
        try {
            Internals.provider(Device.cuda()).openMemory();
        } catch (RuntimeException e) {
            System.out.println("opened: " + e.getMessage());
        }
    }
}
