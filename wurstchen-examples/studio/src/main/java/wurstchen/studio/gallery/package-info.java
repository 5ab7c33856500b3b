/** Finished pictures as files: their metadata is the database. */
package wurstchen.studio.gallery;
