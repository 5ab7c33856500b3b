/** From pixels to pictures, and pictures to PNG files that say how they were made. */
package wurstchen.image;
