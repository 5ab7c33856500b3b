/** Orders that wait, are drawn or have ended, and what is known of them while they do. */
package wurstchen.studio.job;
