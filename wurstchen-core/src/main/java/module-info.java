/**
 * The Würstchen cascade without an engine: prompts, requests, results, the loop over the stages, tokenizers, the sampler, and pictures.
 *
 * <p>{@link wurstchen.Wurstchen} is the entry. The stages are interfaces in {@link wurstchen.stage}; the module {@code wurstchen.onnx} implements
 * them.
 */
@SuppressWarnings("module") // The engine that the internal package is exported to is compiled after this module.
module wurstchen.core {
    requires com.google.common;
    requires transitive java.desktop;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires com.ibm.icu;
    requires org.apache.commons.imaging;
    requires static transitive org.jspecify;

    exports wurstchen;
    exports wurstchen.image;
    exports wurstchen.pool;
    exports wurstchen.progress;
    exports wurstchen.sampling;
    exports wurstchen.stage;
    exports wurstchen.text;
    exports wurstchen.internal to
            wurstchen.onnx;
}
