// Package plot draws pictures of what was earned and lost, as PNG for chats and SVG for web pages.
package plot
