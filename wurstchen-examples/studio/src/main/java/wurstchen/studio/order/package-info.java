/** JSON of a client to requests of the library. */
package wurstchen.studio.order;
