/**
 * The studio: a page, a JSON API and a gallery on top of one pipeline.
 *
 * <p>A request goes {@link wurstchen.studio.http} (access, routes) → {@link wurstchen.studio.order} (JSON to requests of the library) →
 * {@link wurstchen.studio.job} (the pipeline's queue, progress) → {@link wurstchen.studio.gallery} (files). Each package calls those behind it.
 */
package wurstchen.studio;
