/**
 * Fuzz targets (Jazzer): one class each, because Jazzer fuzzes one target in a JVM. The usual build runs their seeds, files in
 * {@code src/test/resources/wurstchen/onnx/fuzz}; {@code mvn -Pfuzz} fuzzes each for {@link wurstchen.onnx.fuzz.HostileInput#DURATION}.
 */
package wurstchen.onnx.fuzz;
