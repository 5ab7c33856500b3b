/** Programs that run in JVMs of their own, to crash, exit, leak or race there, and the tests that start them. */
package wurstchen.onnx.process;
