/** A program that makes a picture. It brings a second model in a folder of its own, which it opens to the library. */
module consumer {
    requires wurstchen.onnx;

    opens consumer.tiny to
            wurstchen.onnx;
    opens consumer.tiny.tokenizer_b to
            wurstchen.onnx;
    opens consumer.tiny.tokenizer_c to
            wurstchen.onnx;
}
