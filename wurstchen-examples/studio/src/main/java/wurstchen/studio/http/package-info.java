/** What is served: who may ask, the routes, events, and errors as JSON. */
package wurstchen.studio.http;
