package wurstchen.onnx;

/**
 * How far a fetch is.
 *
 * @param file the file of the bundle that is being fetched
 * @param bytes of all files that are there, those of earlier calls included
 * @param totalBytes of all files
 */
public record FetchProgress(String file, long bytes, long totalBytes) {}
