package wurstchen.onnx.hostile;

import wurstchen.onnx.BundleCopy;

/**
 * A bundle with one planted defect.
 *
 * @param name what is wrong, unique
 * @param plant changes a copy of the tiny bundle
 */
record HostileBundle(String name, Plant plant) {
    /** Changes a bundle. */
    @FunctionalInterface
    interface Plant {
        void in(BundleCopy copy) throws Exception;
    }

    @Override
    public String toString() {
        return name;
    }
}
