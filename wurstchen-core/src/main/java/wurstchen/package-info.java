/** The pipeline: a request goes in, pictures come out. Start at {@link wurstchen.Wurstchen}. */
package wurstchen;
