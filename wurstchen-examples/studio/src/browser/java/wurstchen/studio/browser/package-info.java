/** Tests in a real browser, and with OpenAI's client: the profile browser compiles and runs them. */
package wurstchen.studio.browser;
